/** A whole AgentLab in a scratch folder: operator's repository, real git, real boxes, real agent CLIs, scripted models. */
import { type ChildProcess, spawn } from 'node:child_process'
import { mkdirSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { expect } from 'vitest'
import {
  followRun,
  openProject,
  type Project,
  type RunWish,
  requestRun,
  sendCommand,
  withForegroundSupervisor,
} from '../../src/app.ts'
import { dataDirOf } from '../../src/config/data-dir.ts'
import type { LoopEvent } from '../../src/domain/event.ts'
import { renderReceipt } from '../../src/domain/receipt.ts'
import type { RunView } from '../../src/domain/run-view.ts'
import { checkoutDigest } from '../support/checkout-digest.ts'
import { compiled } from '../support/compiled.ts'
import {
  type Files,
  makeRepository,
  makeScratch,
  removeScratch,
  shellGit,
  writeFiles,
} from '../support/git-repository.ts'
import { processesBelow } from '../support/seat-processes.ts'

const program = resolve('src/cli/main.ts')
const agentPrograms = resolve('node_modules/.bin')

/** Everything of ours that may appear among the operator's refs. */
const ourRefs = ['agent', 'task/', 'claude', 'codex', 'gemini', 'local']
  .map(name => `refs/heads/${name}`)
  .concat('refs/agentlab/')

export interface Ended {
  exit: number | null
  stdout: string
  stderr: string
}

export interface Lab {
  /** The operator's repository. */
  root: string
  scratch: string
  env: Record<string, string>
  /** Words before every command line: empty, or a program that changes what the machine looks like. */
  through: string[]
  /** The time of day for the supervisors of this process. */
  wall: () => number
  dataDir: string
  git(...args: string[]): string
  /** Carries a run to its rest under a supervisor of this process. */
  run(wish: Partial<RunWish>, meanwhile?: Meanwhile): Promise<RunView>
  /** The same for a run that waits or was interrupted. */
  resume(runId: string, meanwhile?: Meanwhile): Promise<RunView>
  /** Runs the command line as a process, to its end. */
  cli(...args: string[]): Promise<Ended>
  /** Starts it and leaves it running. */
  start(...args: string[]): Started
  /** Puts `text` into a file beside the repository and gives its path. */
  file(name: string, text: string): string
  view(runId: string): Promise<RunView>
  events(runId: string): Promise<LoopEvent[]>
  open<T>(work: (project: Project) => T | Promise<T>): Promise<T>
  /** Takes the checkout as it is now for the state that must stay: the test itself has changed it. */
  accept(): void
}

/** Called with each new view; may look and act. `stop` ends the supervisor, as SIGINT does in the foreground. */
export type Meanwhile = (view: RunView, stop: () => void) => void

export interface Started {
  child: ChildProcess
  said(): Ended
  ended: Promise<Ended>
}

/** Resolves when `look` gives something; fails after half a minute. */
export const until = async <T>(what: string, look: () => T | Promise<T>): Promise<NonNullable<T>> => {
  for (const since = Date.now(); ; ) {
    const found = await look()
    if (found) return found as NonNullable<T>
    if (Date.now() - since > 30_000) throw new Error(`waited in vain for: ${what}`)
    await new Promise(done => setTimeout(done, 50))
  }
}

/** Codex works, claude verifies. */
export const defaults: RunWish = {
  goal: 'What the plan says.',
  planText: null,
  scenarioText: null,
  lane: null,
  workers: ['codex', 'claude'],
  maxParallel: null,
  unboxed: false,
  sameVendor: false,
}

/** A plan of one task, `one`, for codex; what it says is never read by a script. */
export const onePlan = (more = ''): string => `tasks: [{ key: one, title: Do one, what: Do it., worker: codex${more} }]`

/** Reads the change and runs something, as a verifier must. */
export const looks = '{ run: git show HEAD }, { run: test -f README.md }'

/** One attempt of a worker per entry; a verifier that passes what it has looked at. */
export const scenario = (...attempts: string[]): string => `
tasks:
  one:
    attempts:
${attempts.map(steps => `      - steps: [${steps}]`).join('\n')}
defaults:
  verifier: { steps: [${looks}], verdict: pass }
`

export const write = (path: string, content: string): string => `{ write: ${JSON.stringify({ path, content })} }`

export const shell = (command: string, more = ''): string => `{ run: ${JSON.stringify(command)}${more} }`

/**
 * Makes a lab, hands it to `work`, and afterwards sees to it that the operator's checkout is as it was, that nothing of a
 * seat is alive, and that nothing stays on disk.
 */
export const inLab = async (files: Files, work: (lab: Lab) => Promise<void>): Promise<void> => {
  const scratch = makeScratch('app')
  const home = join(scratch, 'home')
  mkdirSync(home)
  const root = makeRepository(scratch, { 'README.md': 'Hello\n', ...files })
  const env = {
    PATH: `${agentPrograms}:${dirname(process.execPath)}:/usr/bin:/bin`,
    HOME: home,
    XDG_STATE_HOME: join(scratch, 'state'),
    LC_ALL: 'C.UTF-8',
    ...compiled,
  }
  const digest = (): string => checkoutDigest(root, { ignoreRefs: ourRefs })
  let untouched = digest()
  const children: ChildProcess[] = []
  const lab = labOf({ scratch, root, env, through: [], wall: Date.now }, children, () => {
    untouched = digest()
  })
  try {
    await work(lab)
    expect(digest()).toBe(untouched)
    await until('the end of all processes', () => processesBelow(env.XDG_STATE_HOME).length === 0)
  } finally {
    for (const child of children) if (child.exitCode === null && child.signalCode === null) child.kill('SIGKILL')
    await endSupervisor(lab)
    removeScratch(scratch)
  }
}

/** A detached supervisor ends by itself when idle; one that a failed test leaves behind must not outlive it. */
const endSupervisor = async ({ dataDir }: Lab): Promise<void> => {
  const { lockHolder, isLockHeld } = await import('../../src/store/lock.ts')
  const path = join(dataDir, 'supervisor.lock')
  const holder = lockHolder(path)
  if (holder === null || holder.pid === process.pid || !isLockHeld(path)) return
  process.kill(holder.pid, 'SIGTERM')
  await until('the end of the supervisor', () => !isLockHeld(path))
}

const labOf = (
  place: Pick<Lab, 'scratch' | 'root' | 'env' | 'through' | 'wall'>,
  children: ChildProcess[],
  accept: () => void,
): Lab => {
  const { root, env } = place
  const open: Lab['open'] = async work => {
    const project = await openProject({ cwd: root, env })
    try {
      return await work(project)
    } finally {
      project.close()
    }
  }
  const follow = (ask: (project: Project) => Promise<string>, meanwhile: Meanwhile): Promise<RunView> =>
    open(async project => {
      const stop = new AbortController()
      return withForegroundSupervisor(project, { signal: stop.signal, wall: () => place.wall() }, async () => {
        const runId = await ask(project)
        const show = (view: RunView): void => meanwhile(view, () => stop.abort())
        return followRun(project, runId, show, stop.signal, { startSupervisor: false })
      })
    })
  const start: Lab['start'] = (...args) => {
    const [file, ...words] = [...place.through, process.execPath, program, ...args]
    const child = spawn(file!, words, { cwd: root, env, stdio: ['ignore', 'pipe', 'pipe'] })
    children.push(child)
    const said: Ended = { exit: null, stdout: '', stderr: '' }
    child.stdout.on('data', (data: Buffer) => (said.stdout += data.toString()))
    child.stderr.on('data', (data: Buffer) => (said.stderr += data.toString()))
    const ended = new Promise<Ended>((done, fail) => {
      child.once('error', fail)
      child.once('close', exit => done({ ...said, exit }))
    })
    return { child, said: () => said, ended }
  }
  const view: Lab['view'] = async runId => {
    const { readRunView } = await import('../../src/store/run-view.ts')
    return open(project => readRunView(project.store, runId)!)
  }
  return Object.assign(place, {
    dataDir: dataDirOf({ commonGitDir: join(root, '.git'), env }),
    git: (...args) => shellGit(root, args),
    run: (wish, meanwhile = () => {}) =>
      follow(async project => {
        const { runId, answer } = await requestRun(project, { ...defaults, ...wish }, { startSupervisor: false })
        expect(answer, answer.text).toMatchObject({ accepted: true })
        return runId
      }, meanwhile),
    resume: (runId, meanwhile = () => {}) =>
      follow(async project => {
        const answer = await sendCommand(project, { kind: 'resume', runId }, { startSupervisor: false })
        expect(answer, answer.text).toMatchObject({ accepted: true })
        return runId
      }, meanwhile),
    cli: (...args) => start(...args).ended,
    start,
    file: (name, text) => {
      writeFiles(place.scratch, { [name]: text })
      return join(place.scratch, name)
    },
    view,
    events: runId => open(project => project.store.events.ofRun(runId).map(({ event }) => event)),
    open,
    accept,
  } satisfies Omit<Lab, keyof typeof place>)
}

export { renderReceipt, writeFiles }
