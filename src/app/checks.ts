/** The repository's checks on one tree: each in the box, in a checkout of its own, cached by tree, command and environment. */
import { createHash } from 'node:crypto'
import type { CheckDefinition } from '../config/effective.ts'
import { readTail } from '../config/with-file.ts'
import type { CheckResult, ChecksStatus } from '../domain/check.ts'
import type { Oid } from '../domain/ids.ts'
import { cleanText, clipMiddle } from '../domain/text.ts'
import type { Finding } from '../domain/verdict.ts'
import { createTreeWorkspace } from '../git/workspace.ts'
import type { CheckRow } from '../store/checks.ts'
import { outgrownSentence, watchedBounds } from './box-bounds.ts'
import { runInBox } from './box-command.ts'
import { withCheckSeat } from './check-seats.ts'
import { commandIn } from './configured-command.ts'
import type { Environment } from './environment/build.ts'
import { environmentOf } from './environment/environment.ts'
import { dependencyNotes, setupNote } from './environment/notes.ts'
import { digestOfHandIns } from './handed-in.ts'
import type { Host, RunScope } from './host.ts'
import type { Seat } from './seats.ts'
import { furnish } from './workspace.ts'

export interface TreeChecks {
  status: ChecksStatus
  results: CheckResult[]
  /** One per red check that counts, with what it printed. */
  findings: Finding[]
  /** What the environment leaves unproven; sends nothing back. */
  environment: Finding[]
}

const outputBytes = 16 * 1024
const readBytes = 2 * outputBytes

/**
 * Runs every configured check on `tree`. A check that is red on `baseTree` as well does not block, unless it is one of
 * `mustTurnGreen`.
 */
export const checkTree = async (
  host: Host,
  scope: RunScope,
  wanted: { tree: Oid; baseTree: Oid | null; mustTurnGreen: readonly string[]; taskId: string | null },
  signal: AbortSignal,
): Promise<TreeChecks> => {
  const checks = scope.config.checks
  const environment = await dependencyNotes(host.project.repository, scope, wanted)
  if (checks.length === 0) return { status: 'none', results: [], findings: [], environment }
  const { rows, notes } = await runChecks(host, scope, wanted.tree, checks, wanted.taskId, signal)
  environment.push(...notes, ...notTurnedGreen(rows, wanted.mustTurnGreen))
  const results = rows.map(({ row, cached }) => resultOf(row, cached, scope.config.userns))
  const red = rows.flatMap(({ row }) => (row.status === 'failed' ? [row] : []))
  const excused = await redOnBase(host, scope, wanted, checks, red, signal)
  const counting = red.filter(row => !excused.has(row.name))
  const findings = counting.map(row => findingOf(row, checks))
  if (findings.length > 0) return { status: 'failed', results, findings, environment }
  if (rows.some(({ row }) => row.status === 'notRun')) return { status: 'notRun', results, findings, environment }
  return { status: red.length > 0 ? 'failedOnBaseToo' : 'passed', results, findings, environment }
}

/** Nobody knows whether they are green: that sends nothing back, and is not passed over in silence. */
const notTurnedGreen = (rows: readonly Row[], mustTurnGreen: readonly string[]): Finding[] =>
  rows
    .filter(({ row }) => row.status === 'notRun' && mustTurnGreen.includes(row.name))
    .map(({ row }) => ({
      claim: `The check "${row.name}" has to turn green with this task, and was not run.`,
      severity: 'minor',
    }))

const redOnBase = async (
  host: Host,
  scope: RunScope,
  wanted: { baseTree: Oid | null; mustTurnGreen: readonly string[]; taskId: string | null },
  checks: readonly CheckDefinition[],
  red: readonly CheckRow[],
  signal: AbortSignal,
): Promise<Set<string>> => {
  const isRed = (name: string): boolean => red.some(row => row.name === name)
  const asked = checks.filter(check => isRed(check.name) && !wanted.mustTurnGreen.includes(check.name))
  if (wanted.baseTree === null || asked.length === 0) return new Set()
  const { rows } = await runChecks(host, scope, wanted.baseTree, asked, wanted.taskId, signal)
  return new Set(rows.filter(({ row }) => row.status === 'failed').map(({ row }) => row.name))
}

const hash = (value: unknown): string => createHash('sha256').update(JSON.stringify(value)).digest('hex').slice(0, 24)

interface Row {
  row: CheckRow
  cached: boolean
}

const runChecks = async (
  host: Host,
  scope: RunScope,
  tree: Oid,
  checks: readonly CheckDefinition[],
  taskId: string | null,
  signal: AbortSignal,
): Promise<{ rows: Row[]; notes: Finding[] }> => {
  const { store } = host.project
  const environment = await environmentOf(host, scope, tree, signal)
  const handedIn = await digestOfHandIns(host, scope, tree)
  const { tools, userns } = scope.config
  const added = [...(handedIn === null ? [] : [handedIn]), ...tools]
  const keyOf = (check: CheckDefinition) => ({
    tree,
    commandHash: hash(userns.includes(check.name) ? [check.command, 'userns'] : check.command),
    // What a check printed is given to agents, so a lane never takes it from another one.
    environmentHash: hash([scope.lane, environment.hash, ...added]),
  })
  const rows = new Map<string, Row>()
  for (const check of checks) {
    const known = store.checks.find(keyOf(check))
    if (known !== null) rows.set(check.name, { row: { ...known, name: check.name }, cached: true })
  }
  const missing = checks.filter(check => !rows.has(check.name))
  if (missing.length > 0) {
    await inCheckout(host, scope, { tree, environment }, async seat => {
      for (const check of missing) {
        const ran = await runOne(host, scope, { seat, check, environment, taskId }, signal)
        const row = { ...keyOf(check), name: check.name, at: host.now(), ...ran }
        // What was not run is not known: it is asked again next time.
        if (row.status !== 'notRun') store.checks.save(row)
        rows.set(check.name, { row, cached: false })
      }
    })
  }
  return { rows: checks.map(check => rows.get(check.name)!), notes: setupNote(scope, environment) }
}

/** A seat whose workspace holds the tree. All checks of a tree share it, in order. */
const inCheckout = (
  host: Host,
  scope: RunScope,
  { tree, environment }: { tree: Oid; environment: Environment },
  work: (seat: Seat) => Promise<void>,
): Promise<void> =>
  withCheckSeat(host, scope.runId, async seat => {
    const { repository } = host.project
    const checkOut = (kept: { from?: string }) => createTreeWorkspace({ repository, dirs: seat.dirs, tree, ...kept })
    await furnish(host, scope, seat, { tree, environment, checkOut })
    await work(seat)
  })

type Ran = Pick<CheckRow, 'status' | 'exitCode' | 'durationMs' | 'output'>

const runOne = async (
  host: Host,
  scope: RunScope,
  errand: { seat: Seat; check: CheckDefinition; environment: Environment; taskId: string | null },
  signal: AbortSignal,
): Promise<Ran> => {
  const { seat, check, environment, taskId } = errand
  const notRun = (output: string): Ran => ({ status: 'notRun', exitCode: null, durationMs: 0, output })
  if (environment.status === 'failed') return notRun(`The set-up failed: ${environment.detail}`)
  const command = await commandIn(host, scope, seat, check.command)
  if (command === null) return notRun(`There is no program ${check.command[0]} on PATH.`)
  const { end, stdoutPath, stderrPath } = await runInBox(
    host,
    scope,
    {
      seat,
      taskId,
      what: `check ${check.name}`,
      name: `check-${check.name.replace(/[^a-z0-9]/gi, '_')}`,
      ...command,
      cwd: seat.workspace,
      userNamespaces: scope.config.userns.includes(check.name),
      limits: { wallMs: check.timeoutMs },
    },
    signal,
  )
  // More than is kept, so that a cut goes through no secret that is not recognised any more.
  const printed = `${await readTail(stdoutPath, readBytes)}${await readTail(stderrPath, readBytes)}`
  const output = clipMiddle(host.redactor.redact(cleanText(printed)).trim(), outputBytes)
  const ended =
    end.stopped === 'timedOut'
      ? `Ended after its ${Math.round(check.timeoutMs / 1_000)} seconds were over.`
      : outgrownSentence(end.stopped, watchedBounds(host.project, scope))
  // A full disk of the machine says nothing of the tree.
  if (end.stopped === 'noSpace') return notRun(`${output}\n${ended}`)
  return {
    status: end.exitCode === 0 ? 'passed' : 'failed',
    exitCode: end.exitCode,
    durationMs: end.endedAt - end.startedAt,
    output: ended === null ? output : `${output}\n${ended}`,
  }
}

const resultOf = (row: CheckRow, cached: boolean, userns: readonly string[]): CheckResult => ({
  name: row.name,
  status: row.status,
  exitCode: row.exitCode,
  durationMs: row.durationMs,
  cached,
  ...(row.status !== 'notRun' && userns.includes(row.name) ? { userNamespaces: true as const } : {}),
})

const findingOf = (row: CheckRow, checks: readonly CheckDefinition[]): Finding => {
  const command = checks.find(check => check.name === row.name)?.command.join(' ') ?? row.name
  return {
    claim: `The check "${row.name}" fails on the result of merging this work.`,
    severity: 'blocking',
    reproduction: {
      command: command.slice(0, 4_000),
      expected: 'exit code 0',
      observed: clipMiddle(`exit code ${row.exitCode ?? 'none'}\n${row.output}`, 3_900),
    },
  }
}
