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

type List = z.infer<typeof List>

/** What an answer lists, or null where it is no list. */
export const readList = async (answer: IncomingMessage): Promise<List | null> =>
  List.safeParse(await readJson(answer)).data ?? null

/** Of a list what the operator allows; `isListed`: also by what is said of the server it comes from. */
export const shownOf = (list: List, grant: Grant, isListed: (model: string) => boolean = () => true): List => {
  const shown = (entries: Entry[] | null | undefined) => entries?.filter(entry => isShown(entry, grant, isListed))
  return { ...list, models: shown(list.models), data: shown(list.data) }
}

export const sendList = (response: ServerResponse, list: List): void => {
  const body = Buffer.from(JSON.stringify(list))
  response.writeHead(200, { 'content-type': 'application/json', 'content-length': body.length }).end(body)
}

/** True when the answer came whole. One that is no list is the upstream's failure. */
export const sendModelList = async (
  answer: IncomingMessage,
  response: ServerResponse,
  route: Route,
  grant: Grant,
): Promise<boolean> => {
  const list = await readList(answer)
  if (list === null) {
    refuse(response, route.wire, 'unreachable', 'AgentLab: the list of models could not be read')
    return false
  }
  sendList(response, shownOf(list, grant))
  return true
}

/** Several servers' lists as one; of a model that several have, the first one's entry. */
export const merged = (lists: readonly List[]): List => {
  const all = (key: 'models' | 'data') => {
    const entries = lists.flatMap(list => list[key] ?? [])
    const isFirst = (entry: Entry, at: number): boolean =>
      entries.findIndex(one => nameOf(one) === nameOf(entry)) === at
    return lists.some(list => list[key]) ? { [key]: entries.filter(isFirst) } : {}
  }
  return { ...lists[0], ...all('models'), ...all('data') }
}

const nameOf = ({ model, name, id }: Entry): string | undefined => model ?? name ?? id

const isShown = (entry: Entry, grant: Grant, isListed: (model: string) => boolean): boolean => {
  const names = [entry.name, entry.model, entry.id].filter(name => name !== undefined)
  const isHere = !entry.remote_host && !entry.remote_model
  return isHere && names.length > 0 && names.every(name => whyNotModel(grant, name) === null && isListed(name))
}
