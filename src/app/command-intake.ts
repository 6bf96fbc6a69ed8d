/**
 * Answers an operator's command with a row: accepted or refused, and why. What follows from it and the answer are one
 * transaction, so a command is carried out and answered, or neither; one that was withdrawn meanwhile is left alone.
 */
import type { LoopEvent } from '../domain/event.ts'
import { explainWait } from '../domain/outcome.ts'
import type { CommandAnswer, RunCommand } from '../store/commands.ts'
import type { MachineRow } from '../store/machines.ts'
import type { Loop } from '../supervisor/loop.ts'
import type { RunContext } from '../supervisor/run-context.ts'
import { isIn, restingRunStates } from '../supervisor/states.ts'
import { rejectionFor } from './answer-rejection.ts'
import type { Host } from './host.ts'
import { decidePlanCommand, isPlanCommand } from './plan-intake.ts'
import { steeringFor } from './steering.ts'

/** `epoch` is the supervisor's own: a superseded one answers nothing. */
export const answerCommand = (host: Host, loop: Loop, epoch: number, { id, command }: AskedCommand): void => {
  const { store } = host.project
  store.write(() => {
    if (store.commands.answerOf(id) !== null) return
    store.commands.answer(id, decide(host, loop, id, command), host.now())
  }, epoch)
}

export interface AskedCommand {
  id: string
  command: RunCommand
}

const decide = (host: Host, loop: Loop, id: string, command: RunCommand): CommandAnswer => {
  const { store } = host.project
  const tell = (event: LoopEvent): void => {
    if (!loop.dispatch(event)) throw new Error('the loop has ended')
  }
  if (command.kind === 'task') {
    tell({ type: 'run.requested', runId: command.runId, request: command.request })
    return { accepted: true, text: `Run ${command.runId} is under way.` }
  }
  const run = store.machines.get(command.runId)
  if (run === null || run.kind !== 'run') return { accepted: false, text: `There is no run ${command.runId}.` }
  if (store.imports.of(command.runId) !== null) return { accepted: false, text: importedWords(command.runId) }
  if (command.kind === 'reject') {
    const rejection = rejectionFor(store, id, command)
    if (typeof rejection === 'string') return { accepted: false, text: rejection }
    tell(rejection)
    return { accepted: true, text: `The integration branch is being rebuilt without ${rejection.tasks.join(', ')}.` }
  }
  if (command.kind === 'steer') {
    const steering = steeringFor(store, id, command)
    if (typeof steering === 'string') return { accepted: false, text: steering }
    tell(steering)
    return { accepted: true, text: `Task ${command.taskId} is told at its model's next turn.` }
  }
  if (command.kind === 'cancel') {
    if (run.state === 'rebuilding')
      return { accepted: false, text: `Run ${command.runId} is taking work out; that is done or refused in a moment.` }
    if (isIn(['done', 'failed', 'cancelled'], run.state)) {
      return { accepted: false, text: `Run ${command.runId} has ended already (${run.state}).` }
    }
    const end = endBeingReached(run)
    if (end !== null) return { accepted: false, text: `Run ${command.runId} ${end}.` }
    tell({ type: 'operator.cancelled', runId: command.runId, commandId: id })
    return { accepted: true, text: `Run ${command.runId} is being cancelled; the work so far stays in its seats.` }
  }
  if (isPlanCommand(command)) return decidePlanCommand({ host, tell, commandId: id, run }, command)
  if (isIn(restingRunStates, run.state) && run.state !== 'awaitingOperator') {
    return { accepted: false, text: `Run ${command.runId} has ended (${run.state}); there is nothing to go on with.` }
  }
  const end = endBeingReached(run)
  if (end !== null) return { accepted: false, text: `Run ${command.runId} ${end}; there is nothing to go on with.` }
  if (run.state === 'concluding') {
    return { accepted: false, text: `Run ${command.runId} is just coming to rest; ask again once it waits.` }
  }
  // A run that is under way needs nothing but a supervisor, and this answer is proof of one.
  if (run.state !== 'awaitingOperator') return { accepted: true, text: `Run ${command.runId} goes on where it stood.` }
  const { waitReason } = run.context as RunContext
  if (waitReason === 'planReview' || waitReason === 'plannerAsks') {
    const { sentence, cure } = explainWait(waitReason, command.runId)
    return { accepted: false, text: `${upperFirst(sentence)}. ${cure}` }
  }
  const isLimited = limitWaits(store.machines.ofRun(command.runId))
  tell({ type: 'operator.resumed', runId: command.runId, commandId: id, extra: isLimited })
  return {
    accepted: true,
    text: isLimited
      ? `Run ${command.runId} goes on with its limits granted once more.`
      : `Run ${command.runId} goes on.`,
  }
}

const importedWords = (runId: string): string =>
  `Run ${runId} was imported: it is here to be read. What is to be done with it is done where it was made.`

const upperFirst = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1)

/** What is said of a run whose end is decided and about to be told; null where the operator still has a say. */
const endBeingReached = (run: Pick<MachineRow, 'state' | 'context'>): string | null => {
  const { outcome } = run.context as RunContext
  if (run.state !== 'concluding' || outcome === 'awaitingOperator') return null
  return outcome === 'cancelled' ? 'is being cancelled already' : `is just coming to its end (${outcome ?? 'failed'})`
}

const limitWaits = (machines: readonly { context: unknown }[]): boolean =>
  machines.some(({ context }) => (context as Pick<RunContext, 'waitReason'>).waitReason === 'limitReached')
