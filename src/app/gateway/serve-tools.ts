/** The gateway for the operator's other tools: their configuration, the one token, and the door that goes by both. */
import { join } from 'node:path'
import { ensureDataDir, stateRootOf } from '../../config/data-dir.ts'
import type { EffectiveConfig } from '../../config/effective.ts'
import { defaultGatewayPort, type GatewaySettings } from '../../config/gateway-settings.ts'
import { loadOperatorConfig } from '../../config/load.ts'
import { Lane, type Provider } from '../../domain/lane.ts'
import { type Door, openDoor } from '../../lanes/door/door.ts'
import type { Listed } from '../../lanes/door/listing.ts'
import type { Meant } from '../../lanes/door/order.ts'
import type { Grant } from '../../lanes/gateway/grant.ts'
import { openPlaceLocks, type PlaceLocks } from '../../store/place-locks.ts'
import { openToolRequests, type ToolRequestRow, type ToolRequests } from '../../store/tool-requests.ts'
import { upstreamOf } from '../agent-run.ts'
import { placesDir } from '../own-servers.ts'
import { dayLimitKeeper } from './day-limits.ts'
import { forgetHolder, noteHolder, portRefused } from './holder.ts'
import { keyFor } from './keys.ts'
import { nameOf, type Offer, offerNamed, offersOf, unlistedOf } from './names.ts'
import { ensureToken, readToken, renewToken } from './token-file.ts'

/** Where the token and the counts lie: beside the data dirs of all repositories. Made where it is missing (0700). */
export const gatewayDir = (env: NodeJS.ProcessEnv): string => ensureDataDir(join(stateRootOf({ env }), 'gateway'))

export const tokenPath = (env: NodeJS.ProcessEnv): string => join(gatewayDir(env), 'token')

/** The token for the eyes of the operator who asks; made where there is none. */
export const showToken = async (env: NodeJS.ProcessEnv): Promise<string> => {
  const path = tokenPath(env)
  await ensureToken(path)
  return (await readToken(path))!
}

export const newToken = async (env: NodeJS.ProcessEnv): Promise<string> => {
  const path = tokenPath(env)
  await renewToken(path)
  return path
}

export const toolRequests = (env: NodeJS.ProcessEnv): ToolRequests =>
  openToolRequests(join(gatewayDir(env), 'requests.db'))

export interface ServedTools {
  port: number
  tokenPath: string
  settings: GatewaySettings
  /** Names that can be listed and asked for now. */
  names: string[]
  /** What a lane's policy allows and the gateway does not offer, and why. */
  missing: { lane: Lane; provider: Provider; why: string }[]
  close(): Promise<void>
}

/**
 * Serves until it is closed. `wanted` null: the operator's port, or the shipped one. `tell` hears of servers that are passed
 * over: facts alone.
 * @throws AgentLabError `port-taken` | `token-unreadable` (exit 2), and what configuration, data dir and store throw
 */
export const serveTools = async (
  env: NodeJS.ProcessEnv,
  wanted: number | null,
  tell: (line: string) => void,
): Promise<ServedTools> => {
  const { operator, effective: config } = await loadOperatorConfig(env)
  const settings = operator.gateway ?? {}
  const dir = gatewayDir(env)
  const path = tokenPath(env)
  await ensureToken(path)
  const requests = toolRequests(env)
  const places = openPlaceLocks(placesDir(env))
  try {
    const port = wanted ?? settings.port ?? defaultGatewayPort
    const door = await openToolDoor({ env, config, settings, requests, places, port, tokenPath: path, tell }).catch(
      async error => {
        throw await portRefused(dir, port, error as NodeJS.ErrnoException)
      },
    )
    await noteHolder(dir, door.port, Date.now())
    return {
      port: door.port,
      tokenPath: path,
      settings,
      names: (await listedNow(config, env)).map(({ name }) => name),
      missing: await missingNow(config, env),
      close: async () => {
        await door.close()
        forgetHolder(dir, door.port)
        places.close()
        requests.close()
      },
    }
  } catch (error) {
    places.close()
    requests.close()
    throw error
  }
}

interface DoorOrder {
  env: NodeJS.ProcessEnv
  config: EffectiveConfig
  settings: GatewaySettings
  requests: ToolRequests
  places: PlaceLocks
  port: number
  tokenPath: string
  tell(line: string): void
}

const openToolDoor = ({
  env,
  config,
  settings,
  requests,
  places,
  port,
  tokenPath: path,
  tell,
}: DoorOrder): Promise<Door> => {
  const mayLeave = dayLimitKeeper(settings, requests)
  const estimates = new WeakMap<Grant, number>()
  const unwritten: ToolRequestRow[] = []
  const write = (): void => {
    for (let row = unwritten[0]; row !== undefined; row = unwritten[0]) {
      requests.add(row)
      unwritten.shift()
    }
  }
  return openDoor({
    port,
    hosts: settings.hosts ?? [],
    origins: settings.origins ?? [],
    clock: Date.now,
    env,
    sharedPlaces: places,
    told: (_grant, text) => tell(text),
    token: async () => {
      const token = await readToken(path)
      if (token === null) throw new Error('the token was removed')
      return token
    },
    meant: name => meantBy(name, config, env),
    list: () => listedNow(config, env),
    allow: async (grant, { inputEstimate }) => {
      // Nothing more leaves as long as what left could not be written down.
      write()
      estimates.set(grant, inputEstimate)
      return mayLeave(grant.lane, inputEstimate, Date.now())
    },
    meter: (grant, { model, status, input, cached, output, startedAt, endedAt }) => {
      const counted = { status, input, cached, output, estimate: estimates.get(grant) ?? 0, startedAt, endedAt }
      unwritten.push({ lane: grant.lane, provider: grant.provider, model: model ?? '', ...counted })
      try {
        write()
      } catch {
        // Tried again before the next request leaves.
      }
    },
  })
}

const meantBy = async (name: string, config: EffectiveConfig, env: NodeJS.ProcessEnv): Promise<Meant> => {
  const named = offerNamed(name, config)
  if (!named.ok) return { ok: false, refusal: named.isUnknown ? 'invalid' : 'forbidden', message: named.message }
  const { provider, model } = named.offer
  const key = await keyFor(provider, config, env)
  if (!key.ok) return { ok: false, refusal: 'forbidden', message: `model ${name} can not be asked: ${key.why}` }
  return { ok: true, model, grant: grantFor(named.offer, config, key.credential) }
}

/** Of no run: a tool's requests are counted by themselves. */
const grantFor = ({ lane, provider }: Offer, config: EffectiveConfig, credential: Grant['credential']): Grant => ({
  runId: 'gateway',
  taskId: null,
  attempt: 1,
  role: 'worker',
  worker: null,
  lane,
  provider,
  ...upstreamOf({ lane, config }, provider),
  credential,
})

const listedNow = async (config: EffectiveConfig, env: NodeJS.ProcessEnv): Promise<Listed[]> => {
  const offers = offersOf(config)
  const providers = [...new Set(offers.map(({ provider }) => provider))]
  const usable = new Set<Provider>()
  for (const provider of providers) if ((await keyFor(provider, config, env)).ok) usable.add(provider)
  return offers
    .filter(offer => usable.has(offer.provider) && offerNamed(nameOf(offer), config).ok)
    .map(offer => ({ name: nameOf(offer), provider: offer.provider }))
}

const missingNow = async (config: EffectiveConfig, env: NodeJS.ProcessEnv): Promise<ServedTools['missing']> => {
  const missing: ServedTools['missing'] = []
  for (const lane of Lane.options) {
    for (const provider of unlistedOf(lane, config)) missing.push({ lane, provider, why: 'it lists no models of it' })
    for (const provider of new Set(offersOf(config).flatMap(one => (one.lane === lane ? [one.provider] : [])))) {
      const key = await keyFor(provider, config, env)
      if (!key.ok) missing.push({ lane, provider, why: key.why })
    }
  }
  return missing
}
