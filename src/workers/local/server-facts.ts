/** Asks a local server how much the model can hold: what is loaded now, what its file sets, what it was made for. */
import { z } from 'zod'
import type { Server } from './wire/wire.ts'

const Running = z.object({
  models: z.array(
    z.object({ name: z.string().optional(), model: z.string().optional(), context_length: z.number().optional() }),
  ),
})
const Shown = z.object({
  parameters: z.string().optional(),
  model_info: z.record(z.string(), z.unknown()).optional(),
})

const timeoutMs = 10_000

/** Tokens, or null where the server does not say (only Ollama does). Never throws. */
export const contextTokens = async (server: Server): Promise<number | null> =>
  (await ofRunning(server)) ?? (await ofFile(server))

const ofRunning = async (server: Server): Promise<number | null> => {
  const { data } = Running.safeParse(await ask(server, '/api/ps'))
  const same = (name: string | undefined): boolean => name === server.model || name === `${server.model}:latest`
  return whole(data?.models.find(({ name, model }) => same(name) || same(model))?.context_length)
}

/**
 * What the model's file sets is what Ollama gives it; what it was made for is only an upper bound, so no more is taken
 * from it than Ollama gives by itself to a model it has room for.
 */
const ofFile = async (server: Server): Promise<number | null> => {
  const { data } = Shown.safeParse(await ask(server, '/api/show', { model: server.model }))
  const set = /^num_ctx\s+(\d+)\s*$/m.exec(data?.parameters ?? '')?.[1]
  return set === undefined ? null : whole(Number(set))
}

const whole = (value: unknown): number | null =>
  typeof value === 'number' && Number.isSafeInteger(value) && value > 0 ? value : null

const ask = async ({ baseUrl, token }: Server, path: string, body?: unknown): Promise<unknown> => {
  try {
    const response = await fetch(baseUrl + path, {
      headers: {
        authorization: `Bearer ${token}`,
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      },
      signal: AbortSignal.timeout(timeoutMs),
      ...(body === undefined ? {} : { method: 'POST', body: JSON.stringify(body) }),
    })
    return response.ok ? await response.json() : null
  } catch {
    return null
  }
}
