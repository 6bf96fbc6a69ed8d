/** The list of models where several servers may be asked: all of theirs, each with what is listed for it. */
import { randomUUID } from 'node:crypto'
import { hasModel } from './candidates.ts'
import type { Errand } from './errand.ts'
import type { Upstream } from './grant.ts'
import { merged, readList, sendList, shownOf } from './model-list.ts'
import { noteAnswer, noteFailure } from './note-health.ts'
import { nobodyAnswered, type PassedOver } from './pass-over.ts'
import { reachServer } from './reach-server.ts'
import { refuse } from './refusal.ts'
import { free } from './usage-shapes.ts'

/** A server that does not answer, or not with a list, is left out; metered as one request. Does not throw. */
export const sendMergedList = async (errand: Errand, servers: readonly Upstream[]): Promise<void> => {
  const { desk, grant, match, model, response, signal } = errand
  const startedAt = desk.clock()
  const answers = await Promise.all(servers.map(upstream => listFrom(errand, upstream)))
  const lists = answers.flatMap(answer => ('list' in answer ? [answer.list] : []))
  if (signal.aborted) response.destroy()
  else if (lists.length > 0) sendList(response, merged(lists))
  else {
    const failed = answers.flatMap(answer => ('list' in answer ? [] : [answer]))
    return refuse(response, match.route.wire, 'unreachable', nobodyAnswered(null, failed))
  }
  const endedAt = desk.clock()
  const [requestId, status, aborted] = [randomUUID(), 200, signal.aborted]
  desk.meter(grant, { requestId, model, status, ...free, startedAt, endedAt, retryAfterMs: null, aborted })
}

type Lists = Parameters<typeof merged>[0]

const listFrom = async (errand: Errand, upstream: Upstream): Promise<{ list: Lists[number] } | PassedOver> => {
  const reached = await reachServer(errand, upstream)
  if (!reached.ok) {
    if (!errand.signal.aborted) noteFailure(errand, upstream, reached.why)
    return { ...reached, upstream }
  }
  const { answer } = reached
  // A server that speaks another language has no such list, and is well.
  if (answer.statusCode !== 200) answer.destroy()
  const list = answer.statusCode === 200 ? await readList(answer) : null
  if (list === null) return { upstream, why: 'it has no such list', cure: 'See what it is: agentlab doctor' }
  noteAnswer(errand, upstream)
  return { list: shownOf(list, errand.grant, model => hasModel(upstream, model)) }
}
