/** Tasks that had landed in the very moment in which they were called off: nothing stands on `agent` that the log does not know. */
import { branchNames } from '../../config/branches.ts'
import type { LoopEvent } from '../../domain/event.ts'
import { findIntegration } from '../../git/integrate.ts'
import { branchRef, readRef } from '../../git/refs.ts'
import type { TaskContext } from '../../supervisor/task-context.ts'
import type { Host, RunScope } from '../host.ts'
import { integratedEvent } from './train-landed.ts'

/** For a train that was cancelled after it had moved `agent` and before it could say so. */
export const lateLandings = async (host: Host, scope: RunScope): Promise<LoopEvent[]> => {
  const { repository, store } = host.project
  const agent = await readRef(repository, branchRef(branchNames(scope.config.branches).agent))
  const events: LoopEvent[] = []
  for (const machine of store.machines.ofRun(scope.runId)) {
    const { train, tip } = machine.context as Partial<TaskContext>
    if (machine.state !== 'cancelled' || agent === null || !train || !tip) continue
    const integration = await findIntegration(repository, agent, machine.id, tip)
    if (integration !== null) events.push(integratedEvent(scope.runId, integration))
  }
  return events
}
