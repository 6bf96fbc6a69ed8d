/**
 * What a local server says of how much its models hold, and nothing else of that answer: the rest of it names files,
 * addresses, keys and other models.
 */
import type { IncomingMessage, ServerResponse } from 'node:http'
import { z } from 'zod'
import type { Grant } from './grant.ts'
import { whyNotModel } from './models.ts'
import { readJson } from './read-json.ts'
import { refuse } from './refusal.ts'
import type { Route, Shown } from './route-table.ts'

/** What a schema does not name is dropped. */
const told = {
  slotContext: () => z.object({ default_generation_settings: z.object({ n_ctx: z.number() }) }),
  inputLimits: (grant: Grant) =>
    z.object({
      data: z
        .array(
          z.object({
            model_name: z.string(),
            model_info: z.object({ max_input_tokens: z.number().nullish() }).nullish(),
          }),
        )
        .transform(entries => entries.filter(({ model_name }) => whyNotModel(grant, model_name) === null)),
    }),
} as const

/** True when the answer came whole. One of another shape is the upstream's failure. */
export const sendTold = async (
  answer: IncomingMessage,
  response: ServerResponse,
  { wire }: Route,
  shown: Shown,
  grant: Grant,
): Promise<boolean> => {
  const found = told[shown](grant).safeParse(await readJson(answer)).data
  if (found === undefined) {
    refuse(response, wire, 'unreachable', 'AgentLab: what the server says of itself could not be read')
    return false
  }
  const body = Buffer.from(JSON.stringify(found))
  response.writeHead(200, { 'content-type': 'application/json', 'content-length': body.length }).end(body)
  return true
}
