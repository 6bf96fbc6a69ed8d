/** Bytes as they are, to a gateway's port or a gate's socket: what no HTTP client would send. */
import { once } from 'node:events'
import net from 'node:net'

const connect = (where: string): net.Socket =>
  where.startsWith('/') ? net.connect(where) : net.connect(Number(new URL(where).port), '127.0.0.1')

/** Everything the server says until it closes; the text must bring it to that. With `ends` our side closes first. */
export const raw = async (where: string, text: string, ends = false): Promise<string> => {
  const socket = connect(where)
  const chunks: Buffer[] = []
  socket.on('data', (chunk: Buffer) => chunks.push(chunk))
  socket.on('error', () => {})
  if (ends) socket.end(text, 'latin1')
  else socket.write(text, 'latin1')
  await once(socket, 'close')
  return Buffer.concat(chunks).toString('latin1')
}

/** The statuses of all answers, in order. */
export const statuses = (said: string): number[] =>
  [...said.matchAll(/^HTTP\/1\.1 (\d{3})/gm)].map(match => Number(match[1]))
