/** The operator's own model servers as a gate asks them. Pure, but for reading the keys some of them want. */
import { join } from 'node:path'
import { isPlainBeyond } from '../config/base-url.ts'
import { stateRootOf } from '../config/data-dir.ts'
import type { EffectiveConfig } from '../config/effective.ts'
import type { LocalServer } from '../config/operator-config.ts'
import type { Lane, WorkerName } from '../domain/lane.ts'
import { answererOf } from '../lanes/answerer.ts'
import type { Upstream } from '../lanes/gateway/grant.ts'

/** One generating request at once, unless the operator says otherwise: a GPU does one thing at a time. */
export const ownServer = (server: LocalServer, tunnels: readonly string[]): Upstream => ({
  name: server.name,
  url: server.url,
  models: server.models,
  wire: server.wire ?? null,
  atOnce: server.atOnce ?? 1,
  own: { tunnels, ca: server.ca ?? null, keyVariable: server.credential?.env ?? null },
})

/** All of them, in the operator's order of preference. */
export const ownServers = ({ local, tunnels }: Pick<EffectiveConfig, 'local' | 'tunnels'>): Upstream[] =>
  local.map(server => ownServer(server, tunnels))

/** Those that a run may send to by plain http, beyond this machine: a tunnel of the operator's is all that encrypts it. */
export const plainServers = (
  wish: { lane: Lane | null; workers: readonly WorkerName[] | null },
  config: Pick<EffectiveConfig, 'lane' | 'agents' | 'agent' | 'lanes' | 'local'>,
): LocalServer[] => {
  const lane = wish.lane ?? config.lane
  const asksOwn = (wish.workers ?? config.agents).some(worker => answererOf(worker, lane, config).provider === 'local')
  return asksOwn ? config.local.filter(({ url }) => isPlainBeyond(url)) : []
}

/** Where the places at these servers are held, for all supervisors and the gateway of one operator. */
export const placesDir = (env: NodeJS.ProcessEnv): string => join(stateRootOf({ env }), 'places')

/** Keys of the operator's servers, to be kept out of everything that is kept. */
export const serverKeys = ({ local }: Pick<EffectiveConfig, 'local'>, env: NodeJS.ProcessEnv): string[] =>
  local
    .flatMap(({ credential }) => (credential === undefined ? [] : [env[credential.env] ?? '']))
    .filter(key => key !== '')
