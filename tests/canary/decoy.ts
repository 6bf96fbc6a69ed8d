/** A provider that nobody is to reach: keeps every byte that comes, answers no, and says what it has. */
import net, { type AddressInfo } from 'node:net'

export interface Decoy {
  origin: string
  port: number
  /** All that came, whoever sent it. */
  received(): Buffer
  close(): Promise<void>
}

const answer =
  'HTTP/1.1 400 Bad Request\r\ncontent-type: application/json\r\ncontent-length: 2\r\nconnection: close\r\n\r\n{}'

/** Reads below HTTP, so that what is no request is kept as well. */
export const startDecoy = async (): Promise<Decoy> => {
  const chunks: Buffer[] = []
  const sockets = new Set<net.Socket>()
  const server = net.createServer(socket => {
    let quiet: NodeJS.Timeout | undefined
    sockets.add(socket)
    socket.on('error', () => undefined)
    socket.on('data', (chunk: Buffer) => {
      chunks.push(chunk)
      // A request that can be answered is over once its client sends nothing more for a moment.
      clearTimeout(quiet)
      quiet = setTimeout(() => socket.end(answer), 100)
    })
  })
  await new Promise<void>(done => server.listen(0, '127.0.0.1', done))
  const { port } = server.address() as AddressInfo
  return {
    origin: `http://127.0.0.1:${port}`,
    port,
    received: () => Buffer.concat(chunks),
    close: async () => {
      for (const socket of sockets) socket.destroy()
      await new Promise(done => server.close(done))
    },
  }
}
