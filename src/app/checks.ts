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
import { runInBox } from './box-command.ts'
import type { Environment } from './environment/build.ts'
import { environmentOf } from './environment/environment.ts'
import { placeEnvironment } from './environment/place.ts'
import type { Host, RunScope } from './host.ts'
import { makeSeat, removeSeat, type Seat, seatAt } from './seats.ts'
import { commandEnvironment, findCommand } from './toolchain.ts'

export interface TreeChecks {
  status: ChecksStatus
  results: CheckResult[]
  /** One per red check that counts, with what it printed. */
  findings: Finding[]
}

const outputBytes = 16 * 1024

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
  if (checks.length === 0) return { status: 'none', results: [], findings: [] }
  const rows = await runChecks(host, scope, wanted.tree, checks, wanted.taskId, signal)
  const results = rows.map(({ row, cached }) => resultOf(row, cached))
  const red = rows.filter(({ row }) => row.status === 'failed')
  if (red.length > 0) {
    const excused = await redOnBase(
      host,
      scope,
      wanted,
      checks,
      red.map(({ row }) => row.name),
      signal,
    )
    const counting = red.filter(({ row }) => !excused.has(row.name))
    if (counting.length > 0)
      return { status: 'failed', results, findings: counting.map(({ row }) => findingOf(row, checks)) }
  }
  if (rows.some(({ row }) => row.status === 'notRun')) return { status: 'notRun', results, findings: [] }
  return { status: red.length > 0 ? 'failedOnBaseToo' : 'passed', results, findings: [] }
}

const redOnBase = async (
  host: Host,
  scope: RunScope,
  wanted: { baseTree: Oid | null; mustTurnGreen: readonly string[]; taskId: string | null },
  checks: readonly CheckDefinition[],
  names: readonly string[],
  signal: AbortSignal,
): Promise<Set<string>> => {
  const asked = checks.filter(check => names.includes(check.name) && !wanted.mustTurnGreen.includes(check.name))
  if (wanted.baseTree === null || asked.length === 0) return new Set()
  const rows = await runChecks(host, scope, wanted.baseTree, asked, wanted.taskId, signal)
  return new Set(rows.filter(({ row }) => row.status === 'failed').map(({ row }) => row.name))
}

const hash = (value: unknown): string => createHash('sha256').update(JSON.stringify(value)).digest('hex').slice(0, 24)

const runChecks = async (
  host: Host,
  scope: RunScope,
  tree: Oid,
  checks: readonly CheckDefinition[],
  taskId: string | null,
  signal: AbortSignal,
): Promise<{ row: CheckRow; cached: boolean }[]> => {
  const { store } = host.project
  const environment = await environmentOf(host, scope, tree, signal)
  const keyOf = (check: CheckDefinition) => ({
    tree,
    commandHash: hash(check.command),
    environmentHash: environment.hash,
  })
  const rows = new Map<string, { row: CheckRow; cached: boolean }>()
  for (const check of checks) {
    const known = store.checks.find(keyOf(check))
    if (known !== null) rows.set(check.name, { row: { ...known, name: check.name }, cached: true })
  }
  const missing = checks.filter(check => !rows.has(check.name))
  if (missing.length > 0) {
    const seat = seatAt(host.project.paths.seats, `check.${tree.slice(0, 16)}.${Math.floor(host.random() * 1e9)}`)
    try {
      await makeSeat(seat)
      await createTreeWorkspace({ repository: host.project.repository, dirs: seat.dirs, tree })
      await placeEnvironment(environment, seat.workspace, null)
      for (const check of missing) {
        const row = {
          ...keyOf(check),
          name: check.name,
          at: host.now(),
          ...(await runOne(host, scope, { seat, check, environment, taskId }, signal)),
        }
        // What was not run is not known: it is asked again next time.
        if (row.status !== 'notRun') store.checks.save(row)
        rows.set(check.name, { row, cached: false })
      }
    } finally {
      await removeSeat(seat)
    }
  }
  return checks.map(check => rows.get(check.name)!)
}

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
  const program = await findCommand(host, check.command[0]!)
  if (program === null) return notRun(`There is no program ${check.command[0]} on PATH.`)
  const { end, stdoutPath, stderrPath } = await runInBox(
    host,
    scope,
    {
      seat,
      taskId,
      what: `check ${check.name}`,
      name: `check-${check.name.replace(/[^a-z0-9]/gi, '_')}`,
      file: program.file,
      args: check.command.slice(1),
      env: commandEnvironment(host, seat),
      cwd: seat.workspace,
      readable: program.readable,
      limits: { wallMs: check.timeoutMs },
    },
    signal,
  )
  const output = clipMiddle(
    cleanText(`${await readTail(stdoutPath, outputBytes)}${await readTail(stderrPath, outputBytes)}`).trim(),
    outputBytes,
  )
  const ended =
    end.stopped === 'timedOut'
      ? `${output}\nEnded after its ${Math.round(check.timeoutMs / 1_000)} seconds were over.`
      : output
  return {
    status: end.exitCode === 0 ? 'passed' : 'failed',
    exitCode: end.exitCode,
    durationMs: end.endedAt - end.startedAt,
    output: ended,
  }
}

const resultOf = (row: CheckRow, cached: boolean): CheckResult => ({
  name: row.name,
  status: row.status,
  exitCode: row.exitCode,
  durationMs: row.durationMs,
  cached,
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
