/** One start of a process a turn of the event loop: each holds the loop up, since the kernel copies our memory's map. */

let last: Promise<void> = Promise.resolve()

/**
 * Resolves, in the order of the calls, in a turn of the event loop that no other caller gets. Whoever starts a process
 * waits for it first: fifty tasks that go on at once would otherwise start fifty, with nothing read between them.
 */
export const ownTurn = (): Promise<void> => {
  last = last.then(() => new Promise(resolve => setImmediate(resolve)))
  return last
}
