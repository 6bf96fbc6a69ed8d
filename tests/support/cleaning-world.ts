/** A repository with runs, seats and environments as they lie on disk, made without running anything. */
import { mkdirSync, utimesSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { makeSeat, markReady, type Seat, seatAt } from '../../src/app/seats.ts'
import { openProject, type Project } from '../../src/app.ts'
import type { LoopEvent } from '../../src/domain/event.ts'
import { newContentId } from '../../src/domain/ids.ts'
import { agentLabIdentity } from '../../src/git/operator-config.ts'
import { pinCommit } from '../../src/git/ref-write.ts'
import { createWorkspace } from '../../src/git/workspace.ts'
import { request } from '../store/scratch-store.ts'
import { compiled } from './compiled.ts'
import { type Files, makeRepository, makeScratch, shellGit, writeFiles } from './git-repository.ts'

export interface CleaningWorld {
  scratch: string
  root: string
  env: Record<string, string>
  project: Project
  base: string
  git(...args: string[]): string
  /** A run in this state with one task in that state, and what its log says of the task. */
  run(runId: string, state: string, taskState: string, events?: TaskEvent[]): string
  /** A worker's seat on the base, made for a run; with work left in it, uncommitted. Gives the seat. */
  seat(taskId: string, worker: string, files?: Files): Promise<Seat>
  /** An environment last used then, by a run whose words are kept. */
  environment(name: string, usedAt: number, bytes: number): string
}

export type TaskEvent = Record<string, unknown> & { type: string }

export const started = (worker: string): TaskEvent => ({ type: 'attempt.started', attempt: 1, worker, resumed: false })
export const harvested = (tip: string, base: string): TaskEvent => ({
  ...{ type: 'work.harvested', tip, base, files: 1, added: 1, deleted: 0, uncommitted: true, findingsContentId: null },
})

export const makeCleaningWorld = async (config = ''): Promise<CleaningWorld> => {
  const scratch = makeScratch('cleaning')
  const root = makeRepository(scratch, { 'README.md': 'Hello\n' })
  const home = join(scratch, 'home')
  mkdirSync(join(home, '.config', 'agentlab'), { recursive: true })
  writeFileSync(join(home, '.config', 'agentlab', 'config.yaml'), config)
  const temp = join(scratch, 'tmp')
  mkdirSync(temp)
  const state = join(scratch, 'state')
  const env = { PATH: '/usr/bin:/bin', HOME: home, XDG_STATE_HOME: state, TMPDIR: temp, LC_ALL: 'C.UTF-8', ...compiled }
  const project = await openProject({ cwd: root, env })
  const base = shellGit(root, ['rev-parse', 'HEAD'])
  const { store, repository, paths } = project
  return {
    ...{ scratch, root, env, project, base },
    git: (...args) => shellGit(root, args),
    run: (runId, state, taskState, events = []) => {
      const taskId = `${runId}-1`
      store.events.append({ type: 'run.requested', runId, request }, Date.now(), 1)
      for (const event of events)
        store.events.append({ runId, taskId, ...event } as unknown as LoopEvent, Date.now(), 1)
      store.machines.save({ id: runId, kind: 'run', runId, state, context: { base }, seq: 1 })
      store.machines.save({ id: taskId, kind: 'task', runId, state: taskState, context: {}, seq: 1 })
      return taskId
    },
    seat: async (taskId, worker, files = {}) => {
      const seat = seatAt(paths.seats, `${taskId}.${worker}`)
      await makeSeat(seat)
      await pinCommit(repository, taskId, base)
      const branch = `task-${taskId.slice(9)}`
      await createWorkspace({ repository, dirs: seat.dirs, commit: base, branch, identity: agentLabIdentity })
      await markReady(seat, { base, purpose: 'work', handedIn: [] })
      writeFiles(seat.workspace, files)
      return seat
    },
    environment: (name, usedAt, bytes) => {
      const dir = join(paths.environments, name)
      mkdirSync(join(dir, 'files'), { recursive: true })
      writeFileSync(join(dir, 'files', 'data'), Buffer.alloc(bytes, 1))
      writeFileSync(join(dir, 'manifest.json'), '{"paths":[]}')
      mkdirSync(join(dir, 'users'))
      writeFileSync(join(dir, 'users', 'keepsenv'), '')
      const words = {
        runId: 'keepsenv',
        taskId: null,
        lane: 'personal' as const,
        kind: 'goal' as const,
        at: 1,
        text: 'x',
      }
      store.content.add({ id: newContentId(Math.random), ...words })
      for (const path of [join(dir, 'manifest.json'), dir]) touch(path, usedAt)
      return dir
    },
  }
}

/** Sets the times of a file or folder. */
export const touch = (path: string, at: number): void => utimesSync(path, at / 1_000, at / 1_000)
