/** Answers an operator's command with a row: accepted or refused, and why. The same command twice is one. */
import type { Command, CommandAnswer } from '../store/commands.ts'
import type { Loop } from '../supervisor/loop.ts'
import type { RunContext } from '../supervisor/run-machine.ts'
import { isIn, restingRunStates } from '../supervisor/states.ts'
import type { Host } from './host.ts'

export const answerCommand = (host: Host, loop: Loop, id: string, command: Command): void => {
  const answer = decide(host, loop, id, command)
  host.project.store.commands.answer(id, answer, host.now())
}

const decide = (host: Host, loop: Loop, id: string, command: Command): CommandAnswer => {
  const { store } = host.project
  if (command.kind === 'task') {
    // A crash between the event and the answer leaves the command unanswered; the run is there already then.
    if (store.machines.get(command.runId) === null) {
      loop.dispatch({ type: 'run.requested', runId: command.runId, request: command.request })
    }
    return { accepted: true, text: `Run ${command.runId} is under way.` }
  }
  const run = store.machines.get(command.runId)
  if (run === null || run.kind !== 'run') return { accepted: false, text: `There is no run ${command.runId}.` }
  const wasAsked = store.events
    .ofRun(command.runId)
    .some(
      ({ event }) =>
        (event.type === 'operator.cancelled' || event.type === 'operator.resumed') && event.commandId === id,
    )
  if (command.kind === 'cancel') {
    if (isIn(['done', 'failed', 'cancelled'], run.state) && !wasAsked) {
      return { accepted: false, text: `Run ${command.runId} has ended already (${run.state}).` }
    }
    if (!wasAsked) loop.dispatch({ type: 'operator.cancelled', runId: command.runId, commandId: id })
    return { accepted: true, text: `Run ${command.runId} is being cancelled; the work so far stays in its seats.` }
  }
  if (isIn(restingRunStates, run.state) && run.state !== 'awaitingOperator' && !wasAsked) {
    return { accepted: false, text: `Run ${command.runId} has ended (${run.state}); there is nothing to go on with.` }
  }
  // A run that is under way needs nothing but a supervisor, and this answer is proof of one.
  if (run.state !== 'awaitingOperator') return { accepted: true, text: `Run ${command.runId} goes on where it stood.` }
  const isLimited = limitWaits(store.machines.ofRun(command.runId))
  if (!wasAsked) loop.dispatch({ type: 'operator.resumed', runId: command.runId, commandId: id, extra: isLimited })
  return {
    accepted: true,
    text: isLimited
      ? `Run ${command.runId} goes on with its limits granted once more.`
      : `Run ${command.runId} goes on.`,
  }
}

const limitWaits = (machines: readonly { context: unknown }[]): boolean =>
  machines.some(({ context }) => (context as Pick<RunContext, 'waitReason'>).waitReason === 'limitReached')
