/** How much one token may ask of its gate, so that a worker can flood neither the gateway nor its provider. */

export interface Bounds {
  /** Requests of one token that are read or answered at once. */
  atOnce: number
  /** Requests that wait for one of those places; the next one gets 429. */
  waiting: number
  /** Requests a second, over time and at once, refused ones too; more get 429. */
  perSecond: number
  burst: number
  /** Bytes of one body, and of all bodies of one token that are held at once. */
  bodyBytes: number
  heldBytes: number
  /** Milliseconds a client may take to send its head, and its whole request. */
  headMs: number
  requestMs: number
  /** Open connections of one gate; further ones are closed at once. */
  connections: number
}

/** The CLIs stay far below: a handful at once, bodies of a few megabytes (an API takes 32). */
export const gateBounds: Bounds = {
  atOnce: 64,
  waiting: 64,
  perSecond: 30,
  burst: 150,
  bodyBytes: 32 * 1024 * 1024,
  heldBytes: 96 * 1024 * 1024,
  headMs: 20_000,
  requestMs: 120_000,
  connections: 256,
}
