/** The life of the integration branch, without models: a repository, a supervisor of this process, workers that run scripts. */
import { join } from 'node:path'
import { expect } from 'vitest'
import {
  followRun,
  openProject,
  type Project,
  type Rejection,
  type RunWish,
  requestRejection,
  requestRun,
  sendCommand,
  withForegroundSupervisor,
} from '../../src/app.ts'
import type { RunView } from '../../src/domain/run-view.ts'
import { isLockHeld } from '../../src/store/lock.ts'
import { readRunView } from '../../src/store/run-view.ts'
import { fakeEnvironment, fakeWish } from './fake-crew.ts'
import { commitFiles, type Files, makeRepository, makeScratch, removeScratch, shellGit } from './git-repository.ts'

export interface LifeLab {
  scratch: string
  root: string
  env: Record<string, string>
  project: Project
  git(...args: string[]): string
  /** A run at its rest. */
  run(plan: string, over?: Partial<RunWish>): Promise<RunView>
  /** Asks for a run and leaves it under way. */
  begin(plan: string, over?: Partial<RunWish>): Promise<string>
  /** Waits for its rest. */
  rest(runId: string): Promise<RunView>
  resume(runId: string): Promise<RunView>
  reject(taskId: string, over?: Partial<Rejection>): ReturnType<typeof requestRejection>
  view(runId: string): RunView
  /** Ends this process's supervisor; what follows may be served by others. */
  withoutSupervisor<T>(work: () => Promise<T>): Promise<T>
  /** Commits files on a branch without touching the operator's checkout. */
  commitOn(branch: string, files: Files): string
  /** Names of the files on a branch. */
  filesOn(branch: string): string[]
}

const quiet = { startSupervisor: false }

/** Makes it, with a supervisor that lives as long as `work`. The check `ok` fails where a file `broken.txt` is. */
export const inLifeLab = async (files: Files, work: (lab: LifeLab) => Promise<void>): Promise<void> => {
  const scratch = makeScratch('life')
  const root = makeRepository(scratch, { 'README.md': 'Hello\n', ...files })
  const env = fakeEnvironment(scratch, 'instant-claude')
  const project = await openProject({ cwd: root, env })
  const stop = new AbortController()
  try {
    await withForegroundSupervisor(project, { signal: stop.signal }, () =>
      work(labOf(scratch, root, env, project, () => stop.abort())),
    )
  } finally {
    project.close()
    removeScratch(scratch)
  }
}

export const withCheck = { 'agentlab.yaml': 'checks: [{ name: ok, command: [test, "!", -f, broken.txt] }]\n' }

const labOf = (
  scratch: string,
  root: string,
  env: Record<string, string>,
  project: Project,
  stop: () => void,
): LifeLab => {
  const git = (...args: string[]): string => shellGit(root, args)
  const rest = (runId: string): Promise<RunView> =>
    followRun(project, runId, () => {}, new AbortController().signal, quiet)
  const begin: LifeLab['begin'] = async (plan, over = {}) => {
    const { runId, answer } = await requestRun(project, fakeWish(plan, over), quiet)
    expect(answer, answer.text).toMatchObject({ accepted: true })
    return runId
  }
  return {
    scratch,
    root,
    env,
    project,
    git,
    begin,
    rest,
    run: async (plan, over) => rest(await begin(plan, over)),
    resume: async runId => {
      const answer = await sendCommand(project, { kind: 'resume', runId }, quiet)
      expect(answer, answer.text).toMatchObject({ accepted: true })
      return rest(runId)
    },
    reject: (taskId, over = {}) =>
      requestRejection(project, { taskId, why: 'Not like this.', back: false, withDependents: false, ...over }, quiet),
    view: runId => readRunView(project.store, runId)!,
    withoutSupervisor: async work => {
      stop()
      while (isLockHeld(project.paths.lock)) await new Promise(resolve => setTimeout(resolve, 20))
      return work()
    },
    commitOn: (branch, changes) => {
      const worktree = join(scratch, `hand-${branch.replaceAll('/', '-')}`)
      git('worktree', 'add', '-q', '--detach', worktree, branch)
      const commit = commitFiles(worktree, changes, 'By hand')
      git('worktree', 'remove', '--force', worktree)
      git('update-ref', `refs/heads/${branch}`, commit)
      return commit
    },
    filesOn: branch => git('ls-tree', '-r', '--name-only', branch).split('\n'),
  }
}

/** A plan of tasks; each runs its script. `after` names keys. */
export const planOf = (...tasks: { key: string; script: string; after?: string[] }[]): string =>
  JSON.stringify({
    tasks: tasks.map(({ key, script, after = [] }) => ({
      key,
      title: `Do ${key}`,
      what: `Run this:\n${script}\nThat is all.`,
      worker: 'claude',
      dependsOn: after,
    })),
  })

/** A script that writes one file and commits it. */
export const writes = (file: string, text = file): string =>
  `echo ${JSON.stringify(text)} >${file}\ngit add -A\ngit commit -q -m "Write ${file}"`

/** A file that a worker in its box can see when it comes: beside the objects it borrows. */
export const gateOf = (lab: Pick<LifeLab, 'root'>): string => join(lab.root, '.git', 'objects', 'info', 'gate')

/** Holds a script until a file is there (`gateOf`): what a test waits for, it can let go. */
export const heldBy = (gate: string): string => `while [ ! -e ${JSON.stringify(gate)} ]; do sleep 0.05; done`
