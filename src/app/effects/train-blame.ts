/** Says to the tip that turned a stack red what failed, and together with what. */
import type { LoopEvent } from '../../domain/event.ts'
import type { Oid } from '../../domain/ids.ts'
import type { PlannedTask } from '../../domain/plan.ts'
import { cleanLine } from '../../domain/text.ts'
import { type Host, keepFindings, type RunScope, taskOf } from '../host.ts'
import type { Search, Stacked } from './train-checks.ts'

/** Of a stack whose lowest `lands` tips have landed on `agent` and whose next one is red. */
export const sentBack = (
  host: Host,
  scope: RunScope,
  stacked: readonly Stacked[],
  { lands, red }: Search,
  agent: Oid,
): LoopEvent => {
  const { member, tree } = stacked[lands]!
  const below = stacked.slice(0, lands).map(one => taskOf(host, one.member.taskId))
  const words = combination(taskOf(host, member.taskId), below)
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
    findingsContentId: keepFindings(host, scope, member.taskId, findings),
    environmentContentId: null,
    stack: below.map(task => task.taskId),
  }
}

const combination = (task: PlannedTask, below: readonly PlannedTask[]): string => {
  const others =
    below.length === 0
      ? 'It fails on the integration branch as it is now'
      : `It fails together with ${below.map(one => `“${cleanLine(one.title, 100)}” (${one.taskId})`).join(', ')}`
  // A check this task must turn green may be red without it, too: then it was left red, not turned red.
  return task.turnsGreen.length > 0 ? `${others}.` : `${others}; without this work it does not.`
}
