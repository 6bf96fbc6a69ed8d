/** Asks a local server how much a model of it can hold: what is loaded now, else what its file sets. */
import { contextIn } from './server-answers.ts'
import type { Server } from './wire/wire.ts'

/** GET, or POST where there is a body. null: no answer, a refusal, or no JSON. Never throws. */
export type AskServer = (path: string, body?: unknown) => Promise<unknown>

/**
 * Tokens, or null where the server does not say. Each kind is known by an address of its own, so one answer at most counts;
 * Ollama comes first, being the commonest.
 */
export const contextTokens = async (ask: AskServer, model: string): Promise<number | null> =>
  contextIn.running(await ask('/api/ps'), model) ??
  contextIn.shown(await ask('/api/show', { model })) ??
  contextIn.list(await ask('/v1/models'), model) ??
  contextIn.studio(await ask('/api/v0/models'), model) ??
  contextIn.info(await ask('/model/info'), model) ??
  contextIn.props(await ask('/props'))

/** The same once the model is loaded, of the servers that load it when it is first asked. */
export const loadedContext = async (ask: AskServer, model: string): Promise<number | null> =>
  contextIn.running(await ask('/api/ps'), model) ?? contextIn.studio(await ask('/api/v0/models'), model)

const timeoutMs = 10_000

export const askerOf =
  ({ baseUrl, token }: Pick<Server, 'baseUrl' | 'token'>): AskServer =>
  async (path, body) => {
    try {
      const response = await fetch(baseUrl + path, {
        headers: {
          ...(token === '' ? {} : { authorization: `Bearer ${token}` }),
          ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        },
        // Where it would lead is not where the operator said.
        redirect: 'error',
        signal: AbortSignal.timeout(timeoutMs),
        ...(body === undefined ? {} : { method: 'POST', body: JSON.stringify(body) }),
      })
      return response.ok ? await response.json() : null
    } catch {
      return null
    }
  }
