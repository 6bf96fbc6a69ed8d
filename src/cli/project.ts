/** Opens the project a command is about, and what readers need of it. What changes something brings all of AgentLab along. */

import type { Project } from '../app.ts'
import { AgentLabError } from '../domain/errors.ts'
import type { RunId, TaskId } from '../domain/ids.ts'
import type { RunView } from '../domain/run-view.ts'
import { readRunView } from '../store/run-view.ts'
import { type Call, tellOf } from './call.ts'
import { resolveRun, resolveRunOrTask } from './ids.ts'

const runsListed = 10_000

/** @throws AgentLabError `store-missing` when nothing was ever run here and `create` is false */
export const openFor = async (call: Call, create: boolean): Promise<Project> => {
  const { openProject } = await import('../app.ts')
  return openProject({ cwd: call.cwd, repo: call.repo, env: call.env, create, tell: tellOf(call) })
}

/** What readers of runs need of a project. */
export type Readable = Pick<Project, 'store'>

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
export const runIds = (project: Readable): RunId[] => project.store.machines.runs(runsListed).map(row => row.id)

export const taskIds = (project: Readable, runId: RunId): TaskId[] =>
  project.store.machines
    .ofRun(runId)
    .filter(row => row.kind === 'task')
    .map(row => row.id)

export const runNamed = (project: Readable | null, typed: string): RunId =>
  resolveRun(typed, project === null ? [] : runIds(project))

export const runOrTaskNamed = (project: Readable | null, typed: string): { runId: RunId; taskId: TaskId | null } =>
  resolveRunOrTask(typed, project === null ? [] : runIds(project), runId =>
    project === null ? [] : taskIds(project, runId),
  )

/** @throws Error when the run has a machine and no log: a bug */
export const viewOf = (project: Readable, runId: RunId): RunView => {
  const view = readRunView(project.store, runId)
  if (view === null) throw new Error(`run ${runId} has no log`)
  return view
}
