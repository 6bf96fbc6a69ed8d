/** `agentlab route "<goal>"`: which lane a run would be in and why, and who could see its data. A reader. */
import { laneReasonWords, modelWords, type Route, readRoute } from '../../app.ts'
import { isPlainBeyond } from '../../config/base-url.ts'
import { cleanLine } from '../../domain/text.ts'
import { serverWords } from '../agent-words.ts'
import type { Answer, Call } from '../call.ts'
import { alignColumns } from '../columns.ts'
import { checkGoal } from '../goal.ts'
import { chosenLane } from '../run-wish.ts'

export interface RouteOptions {
  lane?: string
  path?: string[]
}

export const route = async (call: Call, goal: string | undefined, options: RouteOptions): Promise<Answer> => {
  if (goal !== undefined) checkGoal(goal)
  const lane = options.lane === undefined ? null : chosenLane('route', options.lane)
  const where = { cwd: call.cwd, env: call.env, ...(call.repo === undefined ? {} : { repo: call.repo }) }
  const found = await readRoute(where, { lane, paths: options.path ?? [] })
  const isStuck = found.workers.every(member => member.reason !== null)
  return {
    text: alignColumns(rowsOf(found).map(([head, words]) => [head, cleanLine(words, 400)])).join('\n'),
    json: jsonOf(found),
    remarks: isStuck
      ? [`No worker can be used in lane ${found.lane}: agentlab task would be refused. See agentlab doctor.`]
      : [],
  }
}

const jsonOf = ({ policy, ...found }: Route): Record<string, unknown> => {
  const { providers, models, upstreams, unboxed } = policy
  return { ...found, providers, models, upstreams, unboxed }
}

/** Each with its head; a head is said once for all rows that follow it. */
const rowsOf = (found: Route): [string, string][] => [
  ['lane', found.lane],
  ...headed('because', reasonsOf(found)),
  ...headed(
    'workers',
    found.workers.map(member => `${member.worker}: ${member.reason ?? usableWords(member)}`),
  ),
  ...headed(
    'models',
    found.policy.providers.map(provider => `${provider}: ${modelWords(found.policy, provider)}`),
  ),
  ...headed('upstreams', upstreamsOf(found)),
  ['planner', found.planners.length === 0 ? 'nobody' : found.planners.join(', then ')],
  ...headed('verifier', verifiersOf(found)),
  ['without a box', unboxedWords(found)],
]

const usableWords = ({ answerer, servers }: Route['workers'][number]): string =>
  servers.length === 0 ? 'usable' : `usable, ${serverWords({ model: answerer.model, servers })}`

const headed = (head: string, lines: readonly string[]): [string, string][] =>
  lines.map((line, index) => [index === 0 ? head : '', line])

const reasonsOf = ({ lane, required }: Route): string[] => [
  ...(lane === required.lane ? [] : [`you ask for ${lane}; it would need ${required.lane} at least`]),
  ...required.reasons.map(laneReasonWords),
]

const upstreamsOf = ({ policy }: Route): string[] =>
  policy.providers.map(provider => {
    const addresses = (policy.upstreams[provider] ?? []).map(
      url => `${url}${isPlainBeyond(url) ? ' (plain http: nothing but your tunnel encrypts it)' : ''}`,
    )
    return `${provider}: ${addresses.length === 0 ? 'none is configured' : addresses.join(', ')}`
  })

const verifiersOf = ({ verifiers }: Route): string[] =>
  verifiers.length === 0
    ? ['nobody']
    : verifiers.map(({ author, verifier, nearness }) => {
        const who = verifier === null ? 'nobody: another vendor is needed, or --same-vendor' : verifier
        return `of ${author}: ${who}${nearness === null ? '' : ` (${nearness})`}`
      })

const unboxedWords = ({ policy }: Route): string => {
  if (policy.lane === 'private') return 'never'
  return policy.unboxed ? 'with --unboxed' : 'rehearsals only'
}
