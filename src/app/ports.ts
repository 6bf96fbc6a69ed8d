/** The ports of a seat: the same ones each time, after a restart too, and no two seats' alike. */
import { createHash } from 'node:crypto'
import { createServer } from 'node:net'
import { dirname, join } from 'node:path'
import { AgentLabError } from '../domain/errors.ts'
import { openPortLeases, type PortLeases } from '../store/port-leases.ts'
import type { Host, RunScope } from './host.ts'
import type { Seat } from './seats.ts'

/** Names of the configuration, in order, and the port of each. */
export type Ports = ReadonlyMap<string, number>

/** Ports of one seat, whether it names as many or not: one more name moves nobody. */
export const portsPerSeat = 10

/**
 * Leases a seat, whose folder exists, its block of ports. Where it begins is decided by the seat's path; what another
 * seat has, or what somebody listens on, is passed over.
 * @throws AgentLabError `ports-exhausted`
 */
export const portsOf = async (host: Host, scope: RunScope, seat: Pick<Seat, 'root'>): Promise<Ports> => {
  const { names, from, to } = scope.config.ports
  if (names.length === 0) return new Map()
  const leases = openPortLeases(join(dirname(host.project.dataDir), 'ports.db'))
  try {
    const known = leases.blockOf(seat.root)
    const isUsable = known !== null && known >= from && known + portsPerSeat - 1 <= to
    const first = isUsable ? known : await leaseOne(leases, seat.root, { from, to, wanted: names.length })
    return new Map(names.map((name, index) => [name, first + index]))
  } finally {
    leases.close()
  }
}

const leaseOne = async (
  leases: PortLeases,
  seat: string,
  { from, to, wanted }: { from: number; to: number; wanted: number },
): Promise<number> => {
  const blocks = Math.floor((to - from + 1) / portsPerSeat)
  const start = createHash('sha256').update(seat).digest().readUInt32BE() % blocks
  for (let step = 0; step < blocks; step++) {
    const first = from + ((start + step) % blocks) * portsPerSeat
    const ports = Array.from({ length: wanted }, (_, index) => first + index)
    if ((await Promise.all(ports.map(isFree))).every(Boolean) && leases.claim(seat, first)) return first
  }
  throw new AgentLabError(
    `agentlab failed on ports for a seat: all ${blocks} blocks from ${from} to ${to} are in use`,
    {
      code: 'ports-exhausted',
      cure: 'Widen ports.from and ports.to in ~/.config/agentlab/config.yaml, or let some runs end.',
    },
  )
}

/** Nobody listens there on loopback now. */
const isFree = (port: number): Promise<boolean> =>
  new Promise(resolve => {
    const server = createServer()
    server.once('error', () => resolve(false))
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)))
  })

/** `AGENTLAB_PORT_WEB` for the port `web`; where there is but one, `PORT` as well, which many servers read. */
export const portVariables = (ports: Ports): Record<string, string> => {
  const own = [...ports].map(([name, port]) => [`AGENTLAB_PORT_${name.toUpperCase().replaceAll('-', '_')}`, `${port}`])
  const [only] = ports.values()
  return { ...Object.fromEntries(own), ...(ports.size === 1 ? { PORT: `${only}` } : {}) }
}
