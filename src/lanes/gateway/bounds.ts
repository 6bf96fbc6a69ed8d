/** How much one token may ask of its gate, and how long it waits for a server: nobody can flood the gateway or a provider. */
import type { PlaceBounds } from './places.ts'

export interface Bounds extends PlaceBounds {
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
  /** Milliseconds until there has to be a connection to a server, TLS included. */
  connectMs: number
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
  connectMs: 10_000,
  placesAwaited: 256,
  // Below the five minutes after which clients that use fetch take a server for dead.
  placeMs: 240_000,
}
