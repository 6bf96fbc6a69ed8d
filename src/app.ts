/**
 * The composition root: the only floor that knows every room. Commands and tools come in here; what they may call is
 * named below and lies, one idea a file, in app/.
 */
export { agentStates } from './app/agents.ts'
export { runOperatorBox } from './app/box/operator-box.ts'
export { cleanUp, planCleanUp, planPurge, purge } from './app/clean-up.ts'
export { reviewWorktrees } from './app/cleaning/worktrees.ts'
export {
  followRun,
  requestRun,
  type SendOptions,
  sendAnswer,
  sendCommand,
  sendMessage,
  sendPlanEdit,
} from './app/client.ts'
export { runDemo } from './app/demo.ts'
export { retentionDaysIn as laneDays } from './app/erasure/retention.ts'
export { type Exported, exportRun } from './app/export/export-run.ts'
export { type Imported, importRun } from './app/export/import-run.ts'
export { withForegroundSupervisor } from './app/foreground.ts'
export { listedFiles } from './app/handed-in.ts'
export { supervisorFlags } from './app/keep-supervisor.ts'
export { laneForWish } from './app/lane-of-run.ts'
export { mendWorktrees } from './app/mend-worktrees.ts'
export { type PipedLog, readPipedLog } from './app/piped-log.ts'
export { type Editing, editingOf } from './app/plan-editing.ts'
export { approvableUntil } from './app/plan-intake.ts'
export type { RunWish } from './app/plan-run.ts'
export { openProject, type Project } from './app/project.ts'
export { type Rejection, requestRejection } from './app/reject.ts'
export { modelWords, type Route, readRoute } from './app/route.ts'
export { runConfig } from './app/run-memory.ts'
export { readStatus, type Status } from './app/status.ts'
export { superviseProject } from './app/supervisor.ts'
export { withThrowAway } from './app/throw-away.ts'
export { policyOf } from './lanes/policy.ts'
export { laneReasonWords, type RequiredLane, whyThatLane } from './lanes/required-lane.ts'
