/** A server's list of its models is read whole, and only those the operator allows are shown. */
import type { IncomingMessage, ServerResponse } from 'node:http'
import { z } from 'zod'
import type { Grant } from './grant.ts'
import { whyNotModel } from './models.ts'
import { readJson } from './read-json.ts'
import { refuse } from './refusal.ts'
import type { Route } from './route-table.ts'

/** Ollama's own list, and the one of OpenAI's shape. A cloud model says that it is computed elsewhere. */
const Entry = z.looseObject({
  name: z.string().optional(),
  model: z.string().optional(),
  id: z.string().optional(),
  remote_host: z.string().optional(),
  remote_model: z.string().optional(),
})
type Entry = z.infer<typeof Entry>
const Entries = z.array(Entry).nullish()
const List = z
  .looseObject({ models: Entries, data: Entries })
  .refine(list => list.models !== undefined || list.data !== undefined)

/** True when the answer came whole. One that is no list is the upstream's failure. */
export const sendModelList = async (
  answer: IncomingMessage,
  response: ServerResponse,
  route: Route,
  grant: Grant,
): Promise<boolean> => {
  const list = List.safeParse(await readJson(answer)).data
  if (list === undefined) {
    refuse(response, route.wire, 'unreachable', 'AgentLab: the list of models could not be read')
    return false
  }
  const shown = (entries: Entry[] | null | undefined) => entries?.filter(entry => isShown(entry, grant))
  const body = Buffer.from(JSON.stringify({ ...list, models: shown(list.models), data: shown(list.data) }))
  response.writeHead(200, { 'content-type': 'application/json', 'content-length': body.length }).end(body)
  return true
}

const isShown = (entry: Entry, grant: Grant): boolean => {
  const names = [entry.name, entry.model, entry.id].filter(name => name !== undefined)
  const isHere = !entry.remote_host && !entry.remote_model
  return isHere && names.length > 0 && names.every(name => whyNotModel(grant, name) === null)
}
