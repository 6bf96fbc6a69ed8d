/** The network of one set-up, for as long as it runs: a registry proxy, or none. */
import { join } from 'node:path'
import type { EffectiveConfig } from '../../config/effective.ts'
import type { Lane } from '../../domain/lane.ts'
import type { Network } from '../../domain/launch.ts'
import { policyOf } from '../../lanes/policy.ts'
import { type Refused, startRegistryProxy } from '../../lanes/registry-proxy/registry-proxy.ts'
import { mirrorVariables, proxyVariables } from '../../lanes/registry-proxy/variables.ts'
import { hostsOf, type SetupReach, setupReach } from '../../lanes/setup-reach.ts'
import type { Host, RunScope } from '../host.ts'
import { type Seat, writeInSeat } from '../seats.ts'
import { certificateSettings, registrySettings } from './operator-settings.ts'

export interface SetupNetwork {
  network: Network
  env: Record<string, string>
  readable: string[]
  /** What was asked for in vain so far. */
  refused(): readonly Refused[]
}

/** What a boxed set-up may reach in a lane; null: none is configured. */
export const boxedReach = (config: EffectiveConfig, lane: Lane): SetupReach | null =>
  config.setup === null ? null : setupReach(policyOf(lane, config), config.setup)

/** What the set-up of a run may reach; null: nothing keeps it from anything, for there is no box. */
export const reachOf = ({ config, lane, request }: RunScope): SetupReach | null =>
  request.containment === 'unboxed' ? null : boxedReach(config, lane)

/** The same as people write it, for those who only tell of it. */
export const hostsReached = (config: EffectiveConfig, lane: Lane): string[] | null => {
  const reach = boxedReach(config, lane)
  return reach === null ? null : hostsOf(reach)
}

const noNetwork: SetupNetwork = { network: 'none', env: {}, readable: [], refused: () => [] }

/** The port of the proxy in the box: its loopback is its own. */
const proxyPort = 48_788

/** Hands `work` the network, and cuts it when that has ended. */
export const withSetupNetwork = async <T>(
  host: Host,
  scope: RunScope,
  seat: Seat,
  work: (network: SetupNetwork) => Promise<T>,
): Promise<T> => {
  const reach = reachOf(scope)
  if (reach === null) return work({ ...noNetwork, network: 'host' })
  // In lane private not even a listener that says no; elsewhere it tells afterwards what the set-up had wanted.
  if (reach.none === 'asked' || (reach.none !== null && scope.lane === 'private')) return work(noNetwork)
  const socket = host.nextSocketPath()
  const proxy = await startRegistryProxy({ path: socket, registries: reach.registries, env: host.project.env })
  try {
    const own = await settingsIn(seat, host.project.env, reach)
    return await work({
      network: { socket, port: proxyPort },
      env: { ...proxyVariables(proxyPort, reach.registries), ...own.env },
      readable: own.readable,
      refused: proxy.refused,
    })
  } finally {
    await proxy.close()
  }
}

/** What the operator's package managers know, for those in the box; a mirror takes the place of their registry. */
const settingsIn = async (
  seat: Seat,
  env: Host['project']['env'],
  { mirror }: SetupReach,
): Promise<{ env: Record<string, string>; readable: string[] }> => {
  const certificates = await certificateSettings(env)
  if (mirror !== null) return { ...certificates, env: { ...certificates.env, ...mirrorVariables(mirror) } }
  const registries = await registrySettings(env)
  for (const { path, content } of registries.files) await writeInSeat(seat, join(seat.home, path), content)
  return { ...certificates, env: { ...certificates.env, ...registries.env } }
}
