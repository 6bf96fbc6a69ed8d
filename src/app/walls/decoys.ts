/** Servers of this machine that nobody in a box may reach; they count what comes. */
import { createSocket } from 'node:dgram'
import { type AddressInfo, createServer, type ListenOptions, type Server } from 'node:net'
import { basename, join } from 'node:path'

export interface Decoys {
  /** Where they listen, for attacks: names in capitals. A port nobody listens on where one could not be had. */
  names: Record<string, string>
  /** Bytes that have come to any of them. */
  bytes(): number
  close(): Promise<void>
}

const discard = 9

/** Opens them on loopback, in the folder `dir` and in the abstract name space. */
export const openDecoys = async (dir: string): Promise<Decoys> => {
  let bytes = 0
  const servers: Server[] = []
  const listen = async (where: ListenOptions): Promise<number> => {
    const server = createServer(socket => {
      socket.on('data', data => (bytes += data.length))
      socket.on('error', () => {})
    })
    const listens = await new Promise<boolean>(done => {
      server.once('error', () => done(false))
      server.listen(where, () => done(true))
    })
    if (!listens) return discard
    servers.push(server)
    return (server.address() as AddressInfo).port
  }
  const abstract = basename(dir)
  const inTmp = join(dir, 'agent.sock')
  const beside = join(dir, 'data', 'gate.sock')
  const [tcp, tcp6] = [await listen({ host: '127.0.0.1', port: 0 }), await listen({ host: '::1', port: 0 })]
  for (const path of [`\0${abstract}`, inTmp, beside]) await listen({ path })
  const udp = createSocket('udp4', message => (bytes += message.length))
  await new Promise<void>(done => udp.bind(0, '127.0.0.1', done))
  return {
    names: {
      TCP_PORT: String(tcp),
      TCP6_PORT: String(tcp6),
      UDP_PORT: String(udp.address().port),
      SOCKET_IN_TMP: inTmp,
      SOCKET_BESIDE: beside,
      ABSTRACT_SOCKET: `@${abstract}`,
    },
    bytes: () => bytes,
    close: async () => {
      udp.close()
      await Promise.all(servers.map(server => new Promise(done => server.close(done))))
    },
  }
}
