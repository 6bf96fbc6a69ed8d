/** The clock of one supervisor: the time of day, and yet it never goes back while the supervisor lives. */

/**
 * Epoch milliseconds. Where the machine's clock is set back, time goes on at its own pace from where it was; where it is
 * set forward, that is followed. `elapsed` is a clock that nobody sets.
 */
export const steadyClock = (
  wall: () => number = Date.now,
  elapsed: () => number = () => performance.now(),
): (() => number) => {
  let ahead = Number.NEGATIVE_INFINITY
  return () => {
    const passed = elapsed()
    ahead = Math.max(ahead, wall() - passed)
    return Math.round(ahead + passed)
  }
}
