/** A model that is none: it answers every request with what it was sent, and counts those that should not have come. */

import type { AddressInfo } from 'node:net'
import { createServer, type Socket } from 'node:net'

export interface Upstream {
  port: number
  /** Requests that held what no gate lets through. */
  stolen(): number
  /** All requests. */
  requests(): number
  close(): Promise<void>
}

/**
 * Listens on a port of 127.0.0.1. It reads requests as a careless server would, so that what a gate does not stop is
 * seen: a head, then as many bytes as it says, or chunks to their end.
 */
export const openUpstream = async (): Promise<Upstream> => {
  let [requests, stolen] = [0, 0]
  const sockets = new Set<Socket>()
  const server = createServer(socket => {
    sockets.add(socket)
    socket.on('close', () => sockets.delete(socket))
    socket.on('error', () => {})
    let text = ''
    socket.on('data', data => {
      text += data.toString('latin1')
      if (!isWhole(text)) return
      requests += 1
      if (text.includes('STOLEN')) stolen += 1
      socket.end(answerTo(text))
    })
  })
  await new Promise<void>(done => server.listen(0, '127.0.0.1', done))
  return {
    port: (server.address() as AddressInfo).port,
    stolen: () => stolen,
    requests: () => requests,
    close: () =>
      new Promise<void>(done => {
        server.close(() => done())
        for (const socket of sockets) socket.destroy()
      }),
  }
}

const isWhole = (text: string): boolean => {
  const head = text.indexOf('\r\n\r\n')
  if (head < 0) return false
  const body = text.slice(head + 4)
  const [, length] = /^content-length: *(\d+)\r?$/im.exec(text.slice(0, head)) ?? []
  if (length !== undefined) return body.length >= Number(length)
  return !/^transfer-encoding:.*chunked/im.test(text.slice(0, head)) || body.includes('0\r\n\r\n')
}

const answerTo = (text: string): string => {
  const body = JSON.stringify({ arrived: text })
  const head = ['HTTP/1.1 200 OK', 'content-type: application/json', `content-length: ${Buffer.byteLength(body)}`]
  return [...head, 'connection: close', '', body].join('\r\n')
}
