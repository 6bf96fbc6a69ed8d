/** Sends one request and waits for the head of its answer; says of a failure whether anything of it can have arrived. */
import type { ClientRequest, IncomingMessage } from 'node:http'
import https from 'node:https'
import type { Way } from './connections.ts'

export interface Parcel {
  method: string
  /** Path and query, below the server's own path. */
  path: string
  headers: Record<string, string | number>
  body: Buffer | null
  signal: AbortSignal
  /** Milliseconds until there has to be a connection, TLS included. */
  connectMs: number
}

export type Sent =
  | { ok: true; answer: IncomingMessage }
  /** `reached`: something of it may have arrived. `code`: as Node or OpenSSL names it. */
  | { ok: false; reached: boolean; code: string }

/**
 * A kept connection may have been closed by the server meanwhile. The request waits until that would have been heard, so
 * one that finds its connection closed was never sent, and is sent once more on a fresh one. Never rejects.
 */
export const send = async (way: Way, parcel: Parcel): Promise<Sent> => {
  const first = await once(way, parcel)
  return first.ok || !first.isStale ? first : once({ ...way, options: { ...way.options, agent: false } }, parcel)
}

type Once = Extract<Sent, { ok: true }> | (Extract<Sent, { ok: false }> & { isStale: boolean })

const once = ({ via, options }: Way, { method, path, headers, body, signal, connectMs }: Parcel): Promise<Once> => {
  const { promise, resolve } = Promise.withResolvers<Once>()
  let reached = false
  const fail = (error: unknown, isStale: boolean): void =>
    resolve({ ok: false, reached, code: (error as NodeJS.ErrnoException).code ?? 'failed', isStale })
  const begin = (): ClientRequest => via.request({ ...options, method, path: options.path + path, headers, signal })
  let request: ClientRequest
  try {
    request = begin()
  } catch (error) {
    fail(error, false)
    return promise
  }
  const giveUp = (): void => {
    if (!reached) request.destroy(Object.assign(new Error('no connection'), { code: 'ETIMEDOUT' }))
  }
  // What a busy machine has not heard of yet is heard before it gives up.
  const timer = setTimeout(() => setImmediate(giveUp), connectMs)
  request.on('socket', socket => {
    if (request.reusedSocket) {
      clearTimeout(timer)
      afterReading(() => {
        if (request.destroyed) return
        reached = true
        request.end(body ?? undefined)
      })
      return
    }
    socket.once(via === https ? 'secureConnect' : 'connect', () => {
      reached = true
      clearTimeout(timer)
    })
    request.end(body ?? undefined)
  })
  request.on('response', answer => resolve({ ok: true, answer }))
  request.on('error', error => fail(error, !reached && request.reusedSocket))
  request.on('close', () => clearTimeout(timer))
  return promise
}

/** Once what the kernel knows by now has been read. The first turn may end a reading that began before. */
const afterReading = (work: () => void): void => void setImmediate(() => setImmediate(work))
