/** Opens the project a command is about, and what readers need of it. Loaded lazily: it brings the store's native code. */

import { openProject, type Project } from '../app.ts'
import { AgentLabError } from '../domain/errors.ts'
import type { RunId, TaskId } from '../domain/ids.ts'
import type { RunView } from '../domain/run-view.ts'
import { readRunView } from '../store/run-view.ts'
import type { Call } from './call.ts'
import { resolveRun, resolveRunOrTask } from './ids.ts'

const runsListed = 10_000

/** @throws AgentLabError `store-missing` when nothing was ever run here and `create` is false */
export const openFor = (call: Call, create: boolean): Promise<Project> =>
  openProject({ cwd: call.cwd, repo: call.repo, env: call.env, create })

/** The project, or null when nothing was ever run here. */
export const openIfAny = async (call: Call): Promise<Project | null> => {
  try {
    return await openFor(call, false)
  } catch (error) {
    if (error instanceof AgentLabError && error.code === 'store-missing') return null
    throw error
  }
}

/** Newest first. */
export const runIds = (project: Project): RunId[] => project.store.machines.runs(runsListed).map(row => row.id)

export const taskIds = (project: Project, runId: RunId): TaskId[] =>
  project.store.machines
    .ofRun(runId)
    .filter(row => row.kind === 'task')
    .map(row => row.id)

export const runNamed = (project: Project | null, typed: string): RunId =>
  resolveRun(typed, project === null ? [] : runIds(project))

export const runOrTaskNamed = (project: Project | null, typed: string): { runId: RunId; taskId: TaskId | null } =>
  resolveRunOrTask(typed, project === null ? [] : runIds(project), runId =>
    project === null ? [] : taskIds(project, runId),
  )

/** @throws Error when the run has a machine and no log: a bug */
export const viewOf = (project: Project, runId: RunId): RunView => {
  const view = readRunView(project.store, runId)
  if (view === null) throw new Error(`run ${runId} has no log`)
  return view
}
