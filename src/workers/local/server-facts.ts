/** Asks a local server what it has and how much a model can hold: what is loaded now, else what its file sets. */
import { z } from 'zod'
import type { Server } from './wire/wire.ts'

const Running = z.object({
  models: z.array(
    z.object({ name: z.string().optional(), model: z.string().optional(), context_length: z.number().optional() }),
  ),
})
const Shown = z.object({
  parameters: z.string().optional(),
})

const timeoutMs = 10_000

const Tags = z.object({ models: z.array(z.object({ name: z.string() })) })
const Listed = z.object({ data: z.array(z.object({ id: z.string() })) })

/** Names of the models a server has, by Ollama's list or OpenAI's; null: it answers neither. Never throws. */
export const modelsListed = async (server: Pick<Server, 'baseUrl' | 'token'>): Promise<string[] | null> => {
  const { data: tags } = Tags.safeParse(await ask(server, '/api/tags'))
  if (tags !== undefined) return tags.models.map(model => model.name)
  const { data: listed } = Listed.safeParse(await ask(server, '/v1/models'))
  return listed?.data.map(model => model.id) ?? null
}

/** Tokens, or null where the server does not say (only Ollama does). Never throws. */
export const contextTokens = async (server: Server): Promise<number | null> =>
  (await ofRunning(server)) ?? (await ofFile(server))

const ofRunning = async (server: Server): Promise<number | null> => {
  const { data } = Running.safeParse(await ask(server, '/api/ps'))
  const same = (name: string | undefined): boolean => name === server.model || name === `${server.model}:latest`
  return whole(data?.models.find(({ name, model }) => same(name) || same(model))?.context_length)
}

/** What the model's file sets is what Ollama gives it; what it was made for says nothing of what it gets. */
const ofFile = async (server: Server): Promise<number | null> => {
  const { data } = Shown.safeParse(await ask(server, '/api/show', { model: server.model }))
  const set = /^num_ctx\s+(\d+)\s*$/m.exec(data?.parameters ?? '')?.[1]
  return set === undefined ? null : whole(Number(set))
}

const whole = (value: unknown): number | null =>
  typeof value === 'number' && Number.isSafeInteger(value) && value > 0 ? value : null

const ask = async (
  { baseUrl, token }: Pick<Server, 'baseUrl' | 'token'>,
  path: string,
  body?: unknown,
): Promise<unknown> => {
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
