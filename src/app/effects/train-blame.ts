/** Says to the tip that turned a stack red what failed, and together with what. */
import type { LoopEvent } from '../../domain/event.ts'
import type { Oid } from '../../domain/ids.ts'
import { many } from '../../domain/measures.ts'
import { cleanLine } from '../../domain/text.ts'
import { type Integration, integrationsBetween } from '../../git/integrate.ts'
import { type Host, type RunScope, taskOf } from '../host.ts'
import { keepNotes } from './merge.ts'
import type { Search, Stacked } from './train-checks.ts'

/** Of a stack whose lowest `lands` tips stand on `agent` now, and whose next one is red on top of them. */
export const sentBack = async (
  host: Host,
  scope: RunScope,
  stacked: readonly Stacked[],
  { lands, red }: Search,
  agent: Oid,
): Promise<LoopEvent> => {
  const { member, tree } = stacked[lands]!
  const others = await landedSince(host, member.agent, agent)
  const words = combination(others, taskOf(host, member.taskId).turnsGreen.length > 0)
  const findings = red!.checks.findings.map(finding => ({ ...finding, claim: `${finding.claim} ${words}` }))
  return {
    type: 'checks.finished',
    runId: scope.runId,
    taskId: member.taskId,
    tip: member.tip,
    agent,
    tree,
    status: 'failed',
    resultsContentId: red!.resultsContentId,
    ...keepNotes(host, scope, member.taskId, { ...red!.checks, findings }),
    stack: others.map(one => one.taskId),
  }
}

/** Everything that came onto `agent` after the tip's own checks were green on it: one of them, or several, it fails with. */
const landedSince = async (host: Host, from: Oid, agent: Oid): Promise<Integration[]> =>
  (await integrationsBetween(host.project.repository, from, agent)).filter(one => one.kind === 'integration')

const namesShown = 8

const combination = (others: readonly Integration[], mustTurnGreen: boolean): string => {
  const names = others.slice(0, namesShown).map(one => `“${cleanLine(one.title, 100)}” (${one.taskId})`)
  const rest = others.length > namesShown ? ` and ${many(others.length - namesShown, 'more task')}` : ''
  const where =
    names.length === 0
      ? 'It fails on the integration branch as it is now'
      : `It fails together with ${names.join(', ')}${rest}`
  // A check this task must turn green may be red without it, too: then it was left red, not turned red.
  return mustTurnGreen ? `${where}.` : `${where}; without this work it does not.`
}
