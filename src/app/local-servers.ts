/** What the operator's own model servers say of themselves, asked directly: for `doctor`, never for a run. */
import type { LocalServer } from '../config/operator-config.ts'
import { contextTokens, modelsListed } from '../workers/local/server-facts.ts'

export interface ServerState {
  server: LocalServer
  /** Names of the models it has; null: it did not answer. */
  models: string[] | null
  /** Of the configured models that it has; tokens, null: it does not say. */
  contexts: { model: string; tokens: number | null }[]
}

/** Models of one server that are asked about, so that a long list does not take long. */
const mostAsked = 10

export const serverStates = (servers: readonly LocalServer[]): Promise<ServerState[]> =>
  Promise.all(
    servers.map(async server => {
      const place = { baseUrl: server.url, token: '' }
      const models = await modelsListed(place)
      const here = server.models.filter(model => models !== null && hasModel(models, model)).slice(0, mostAsked)
      const contexts = await Promise.all(
        here.map(async model => ({ model, tokens: server.context ?? (await contextTokens({ ...place, model })) })),
      )
      return { server, models, contexts }
    }),
  )

/** A name without a tag is Ollama's `:latest`. */
export const hasModel = (listed: readonly string[], model: string): boolean =>
  listed.includes(model) || listed.includes(`${model}:latest`)
