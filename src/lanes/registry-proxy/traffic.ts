/** What passes through a registry proxy: counted, bounded, and cut all at once. */
import type { Duplex } from 'node:stream'

export interface TrafficBounds {
  /** Connections at once. */
  connections: number
  /** Bytes that leave, over all connections: a set-up asks, it has nothing to bring. */
  sentBytes: number
  receivedBytes: number
}

export interface Traffic {
  /** Holds a stream as one of the connections until it closes; false where there are too many already. */
  enter(stream: Duplex): boolean
  /** Leads the bytes of one that has entered to another stream and back, until one of them ends. */
  join(inner: Duplex, outer: Duplex): void
  /** Counts bytes that leave or come in another way; false when they are too many. */
  count(direction: 'sent' | 'received', bytes: number): boolean
  /** Ends all that is held. */
  cut(): void
}

/** `onFull` is told when the bytes are too many; everything is cut then. */
export const boundTraffic = (bounds: TrafficBounds, onFull: () => void): Traffic => {
  const [open, entered] = [new Set<Duplex>(), new Set<Duplex>()]
  const passed = { sent: 0, received: 0 }
  const cut = (): void => {
    for (const stream of open) stream.destroy()
  }
  const count: Traffic['count'] = (direction, bytes) => {
    passed[direction] += bytes
    const fits = passed.sent <= bounds.sentBytes && passed.received <= bounds.receivedBytes
    if (!fits) {
      onFull()
      cut()
    }
    return fits
  }
  const hold = (stream: Duplex): void => {
    open.add(stream)
    stream.on('error', () => stream.destroy())
    stream.once('close', () => {
      open.delete(stream)
      entered.delete(stream)
    })
  }
  return {
    enter: stream => {
      hold(stream)
      const hasRoom = entered.size < bounds.connections
      if (hasRoom) entered.add(stream)
      return hasRoom
    },
    count,
    cut,
    join: (inner, outer) => {
      hold(outer)
      inner.once('close', () => outer.destroy())
      outer.once('close', () => inner.destroy())
      inner.on('data', (chunk: Buffer) => count('sent', chunk.length))
      outer.on('data', (chunk: Buffer) => count('received', chunk.length))
      inner.pipe(outer).pipe(inner)
    },
  }
}
