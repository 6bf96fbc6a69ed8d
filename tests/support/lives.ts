/** Lives of a supervisor that are ended by SIGKILL, and what is the same however a run was interrupted. */
import { spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { openProject } from '../../src/app.ts'
import type { Point } from '../fixtures/programs/live-and-die.ts'
import { checkoutDigest } from './checkout-digest.ts'
import type { FakeProject } from './fake-crew.ts'
import { shellGit } from './git-repository.ts'
import { processesBelow } from './seat-processes.ts'

const program = fileURLToPath(new URL('../fixtures/programs/live-and-die.ts', import.meta.url))

export interface Ended {
  code: number | null
  signal: string | null
  stdout: string
  stderr: string
}

/** One life, to the point or to the end; `planFile` is the run to ask for where there is none. */
export const live = ({ root, env }: FakeProject, planFile: string, point: Point): Promise<Ended> =>
  new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [program, root, planFile, JSON.stringify(point)], { cwd: root, env })
    const said = { stdout: '', stderr: '' }
    child.stdout.on('data', (data: Buffer) => (said.stdout += data.toString()))
    child.stderr.on('data', (data: Buffer) => (said.stderr += data.toString()))
    child.once('error', reject)
    child.once('close', (code, signal) => resolve({ code, signal, ...said }))
  })

/** What is the same however a run was interrupted. */
export interface End {
  refs: string[]
  graph: string[]
  states: string[]
  events: string[]
  checks: string[]
  left: unknown[]
  calls: number
  isCheckoutUntouched: boolean
}

const placeholders = (text: string, runId: string): string =>
  text
    .replaceAll(runId, 'RUN')
    // Whether this life brought agent along or found that the last one had: true of a life, not of the end.
    .replace(/"sync":"\w+"/, '"sync":"ANY"')
    .replace(/\b[0-9a-f]{40}\b/g, 'OID')
    .replace(/\bc-[a-z0-9]{16}\b/g, 'CONTENT')
    .replace(/\b[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\b/g, 'SESSION')

/** Said once more when a step is begun again. */
const repeatable = ['attempt.started', 'session.known']

export const endOf = async (project: Watched): Promise<End> => {
  const { store, close } = await openProject({ cwd: project.root, env: project.env })
  try {
    const run = store.machines.runs(1)[0]!
    const same = (value: unknown): string => placeholders(JSON.stringify(value), run.id)
    const lines = (...args: string[]): string[] => placeholders(shellGit(project.root, args), run.id).split('\n')
    return {
      refs: lines('for-each-ref', '--format=%(refname)').toSorted(),
      graph: shellGit(project.root, ['log', '--topo-order', '--format=%T %s', 'agent']).split('\n'),
      states: store.machines.ofRun(run.id).map(({ seq: _, ...machine }) => same(machine)),
      events: store.events
        .ofRun(run.id)
        .map(({ event }) => event)
        .filter(event => !repeatable.includes(event.type))
        .map(event => same(event)),
      checks: store.checks
        .ofTree(shellGit(project.root, ['rev-parse', 'agent^{tree}']))
        .map(row => `${row.name} ${row.status}`),
      left: [...store.outbox.pending(), ...store.outbox.timers(), ...store.commands.unanswered()],
      calls: store.requests.ofRun(run.id).length,
      isCheckoutUntouched: checkoutDigest(project.root, ours) === project.digest,
    }
  } finally {
    close()
  }
}

/** Who is still alive ten seconds after a kill. */
export const waitForNone = async (dataDir: string): Promise<string[]> => {
  for (const since = Date.now(); ; ) {
    const alive = processesBelow(dataDir)
    if (alive.length === 0 || Date.now() - since > 10_000) return alive
    await new Promise(resolve => setTimeout(resolve, 20))
  }
}

export interface Watched extends FakeProject {
  /** Of the operator's checkout before anything ran. */
  digest: string
}

export const ours = { ignoreRefs: ['refs/'] }
