/** What the loop needs of the store, kept by the store: every write carries this supervisor's epoch. */

import type { MachineRow } from '../store/machines.ts'
import type { Store } from '../store/store.ts'
import type { LoopStore } from '../supervisor/loop.ts'
import type { RunContext } from '../supervisor/run-context.ts'
import { restingRunStates } from '../supervisor/states.ts'
import type { TaskContext } from '../supervisor/task-context.ts'

export const loopStoreOf = (store: Store, epoch: number): LoopStore => ({
  write: work => store.write(work, epoch),
  append: (event, at) => store.events.append(event, at, epoch),
  statesOf: runId => {
    const rows = store.machines.ofRun(runId)
    const run = rows.find(row => row.kind === 'run')
    return {
      run: run === undefined ? null : stateOf<RunContext>(run),
      tasks: rows.filter(row => row.kind === 'task').map(row => stateOf<TaskContext>(row)),
    }
  },
  openRuns: () => store.machines.openRuns(restingRunStates).map(row => row.id),
  saveState: (kind, runId, machine, seq) => store.machines.save({ ...machine, kind, runId, seq }),
  addEffect: (effect, seq) => store.outbox.add(effect, seq),
  removeEffect: key => store.outbox.remove(key),
  voidEffects: (runId, taskId) => store.outbox.void(runId, taskId),
  setTimer: (timer, now) => store.outbox.setTimer(timer, now),
  clearTimer: key => store.outbox.clearTimer(key),
  pendingEffects: () => store.outbox.pending(),
  timers: () => store.outbox.timers(),
})

const stateOf = <C>(row: MachineRow): { id: string; state: string; context: C } => ({
  id: row.id,
  state: row.state,
  context: row.context as C,
})
