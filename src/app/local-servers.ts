/** What the operator's own model servers say of themselves and how fast they answer: for `doctor`, never for a run. */
import type { EffectiveConfig } from '../config/effective.ts'
import type { LocalServer } from '../config/operator-config.ts'
import { connectionTo, type ServerConnection } from '../lanes/gateway/connection-to.ts'
import type { Upstream } from '../lanes/gateway/grant.ts'
import { isOwnUpstream, type ServerFailure } from '../lanes/gateway/server-address.ts'
import {
  type Answers,
  contextIn,
  isLoaded,
  isSame,
  kindOf,
  modelsIn,
  type ServerKind,
} from '../workers/local/server-answers.ts'
import type { AskServer } from '../workers/local/server-facts.ts'
import { measureSpeed, type Speed } from './model-speed.ts'
import { ownServer } from './own-servers.ts'

export interface ModelState {
  name: string
  isThere: boolean
  /** null: the server does not say. */
  isLoaded: boolean | null
  /** Tokens it holds by your word or the server's; null: nobody says. */
  contextTokens: number | null
  /** null: nothing was sent. */
  speed: Speed | null
}

export interface ServerState {
  server: LocalServer
  /** Where its name leads; empty: nowhere it may. */
  addresses: readonly string[]
  /** Why it could not be asked; null: it answered. */
  failure: ServerFailure | null
  /** null: it did not answer, or nothing that could be told by. */
  kind: ServerKind | null
  version: string | null
  /** Names of all models it has; null: it did not answer with a list. */
  listed: string[] | null
  /** Those you configured. */
  models: ModelState[]
}

/** Models of one server that are asked about, so that a long list does not take long. */
const mostAsked = 10
/** Models of one server that are sent a prompt, and for how long in all. */
export const mostMeasured = 3
const budgetMs = 60_000

/** Servers are asked side by side; the models of one after the other, for most have one GPU. Nothing here throws. */
export const serverStates = (
  config: Pick<EffectiveConfig, 'local' | 'tunnels'>,
  env: NodeJS.ProcessEnv,
  { sendsPrompts }: { sendsPrompts: boolean },
): Promise<ServerState[]> =>
  Promise.all(config.local.map(server => stateOf(server, ownServer(server, config.tunnels), env, sendsPrompts)))

const unknown = { addresses: [], kind: null, version: null, listed: null, models: [], failure: null }

const stateOf = async (
  server: LocalServer,
  upstream: Upstream,
  env: NodeJS.ProcessEnv,
  sendsPrompts: boolean,
): Promise<ServerState> => {
  if (!isOwnUpstream(upstream)) return { ...unknown, server }
  const connection = await connectionTo(upstream, { env })
  if (!connection.ok) return { ...unknown, server, failure: { why: connection.why, cure: connection.cure } }
  try {
    const known = { ...unknown, server, addresses: connection.addresses }
    const first = await connection.send('/v1/models', undefined, AbortSignal.timeout(askMs))
    if (!first.ok) return { ...known, failure: { why: first.why, cure: first.cure } }
    first.answer.destroy()
    return { ...known, ...(await factsOf(server, connection, sendsPrompts)) }
  } finally {
    connection.close()
  }
}

const askMs = 10_000

const factsOf = async (server: LocalServer, connection: ServerConnection, sendsPrompts: boolean) => {
  const ask: AskServer = (path, body) => connection.json(path, body, AbortSignal.timeout(askMs))
  const answers = await answersOf(ask)
  const listed = modelsIn(answers)
  const told = kindOf(answers)
  const models: ModelState[] = []
  const until = Date.now() + budgetMs
  let measured = 0
  for (const name of server.models) {
    const isThere = listed?.some(one => isSame(one, name)) ?? false
    const isAsked = isThere && models.filter(model => model.isThere).length < mostAsked
    const state: ModelState = {
      name,
      isThere,
      isLoaded: isThere && told !== null ? isLoaded(told.kind, answers, name) : null,
      contextTokens: server.context ?? (isAsked ? await contextOf(ask, answers, name) : null),
      speed: null,
    }
    if (isThere && sendsPrompts && measured++ < mostMeasured) {
      const parts = { connection, model: name, kind: told?.kind ?? null, wire: server.wire ?? null }
      state.speed = await measureSpeed(parts, until - Date.now())
    }
    models.push(state)
  }
  return { kind: told?.kind ?? null, version: told?.version ?? null, listed, models }
}

const answersOf = async (ask: AskServer): Promise<Answers> => {
  const [apiVersion, tags, running, list, props, version, studio, readiness, info] = await Promise.all(
    [
      '/api/version',
      '/api/tags',
      '/api/ps',
      '/v1/models',
      '/props',
      '/version',
      '/api/v0/models',
      '/health/readiness',
      '/model/info',
    ].map(path => ask(path)),
  )
  return { apiVersion, tags, running, list, props, version, studio, readiness, info }
}

const contextOf = async (ask: AskServer, answers: Answers, model: string): Promise<number | null> =>
  contextIn.running(answers.running, model) ??
  contextIn.shown(await ask('/api/show', { model })) ??
  contextIn.list(answers.list, model) ??
  contextIn.studio(answers.studio, model) ??
  contextIn.info(answers.info, model) ??
  contextIn.props(answers.props)
