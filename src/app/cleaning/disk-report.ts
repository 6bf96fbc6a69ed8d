/** What AgentLab has on disk for this repository: by run, and what belongs to no run. */
import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { sumOf } from './disk-usage.ts'
import { type Ground, runIdIn } from './ground.ts'
import { reviewWorktrees } from './worktrees.ts'

/** Bytes; null: not measured. */
export type Size = number | null

export interface RunDisk {
  runId: string
  /** null: the store has no such run. */
  state: string | null
  seats: Size
  transcripts: Size
  /** Text that people and models wrote, as it lies in the store. */
  content: number
}

export interface DiskReport {
  runs: RunDisk[]
  /** Seats of checks and set-ups. */
  errands: Size
  environments: { count: number; bytes: Size }
  worktrees: { count: number; bytes: Size }
  store: Size
  /** All of the data dir and the review worktrees. */
  total: Size
}

/** Runs with something on disk, the largest first. */
export const reportDisk = async (ground: Ground): Promise<DiskReport> => {
  const { paths, dataDir } = ground.project
  const measured = async (all: readonly string[]): Promise<Size> =>
    sumOf(await Promise.all(all.map(path => ground.meter.measure(path))))
  const seats = Map.groupBy(await entriesOf(paths.seats), runIdOf)
  const transcripts = Map.groupBy(await entriesOf(paths.transcripts), runIdOf)
  const runs = await Promise.all(runsOf(ground, seats, transcripts, measured))
  const environments = await entriesOf(paths.environments)
  const worktrees = (await reviewWorktrees(ground.project)).ours.flatMap(({ path }) => path ?? [])
  const apart = [paths.seats, paths.environments, paths.transcripts]
  const rest = (await entriesOf(dataDir)).filter(path => !apart.includes(path))
  const report = {
    errands: await measured([...(seats.get(null) ?? []), ...(transcripts.get(null) ?? [])]),
    environments: { count: environments.length, bytes: await measured(environments) },
    worktrees: { count: worktrees.length, bytes: await measured(worktrees) },
    store: await measured(['', '-wal', '-shm'].map(ending => paths.store + ending)),
  }
  const parts = [report.errands, report.environments.bytes, report.worktrees.bytes, await measured(rest)]
  return {
    ...report,
    runs: runs.toSorted((a, b) => weight(b) - weight(a)),
    total: sumOf([...parts, ...runs.flatMap(run => [run.seats, run.transcripts])]),
  }
}

type ByRun = Map<string | null, string[]>

const runsOf = (
  { project: { store } }: Ground,
  seats: ByRun,
  transcripts: ByRun,
  measured: (all: readonly string[]) => Promise<Size>,
): Promise<RunDisk>[] => {
  const content = store.content.sizes()
  const runIds = new Set([...seats.keys(), ...transcripts.keys(), ...content.keys()])
  const diskOf = async (runId: string): Promise<RunDisk> => ({
    runId,
    state: store.machines.get(runId)?.state ?? null,
    seats: await measured(seats.get(runId) ?? []),
    transcripts: await measured(transcripts.get(runId) ?? []),
    content: content.get(runId) ?? 0,
  })
  return [...runIds].flatMap(runId => (runId === null ? [] : [diskOf(runId)]))
}

const weight = (run: RunDisk): number => (run.seats ?? 0) + (run.transcripts ?? 0) + run.content

const runIdOf = (path: string): string | null => runIdIn(path.slice(path.lastIndexOf('/') + 1))

const entriesOf = async (folder: string): Promise<string[]> =>
  (await readdir(folder).catch(() => [])).map(name => join(folder, name))
