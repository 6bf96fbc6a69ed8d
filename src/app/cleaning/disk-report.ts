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
  const { project, meter } = ground
  const { paths } = project
  const seats = await entriesOf(paths.seats)
  const transcripts = await entriesOf(paths.transcripts)
  const content = project.store.content.sizes()
  const runIds = new Set([...seats, ...transcripts].flatMap(path => runIdOf(path) ?? []).concat([...content.keys()]))
  const measured = async (all: string[]): Promise<Size> =>
    sumOf(await Promise.all(all.map(path => meter.measure(path))))
  const ofRun = (all: string[], runId: string): string[] => all.filter(path => runIdOf(path) === runId)
  const runs: RunDisk[] = []
  for (const runId of runIds) {
    runs.push({
      runId,
      state: project.store.machines.get(runId)?.state ?? null,
      seats: await measured(ofRun(seats, runId)),
      transcripts: await measured(ofRun(transcripts, runId)),
      content: content.get(runId) ?? 0,
    })
  }
  const environments = await entriesOf(paths.environments)
  const worktrees = (await reviewWorktrees(project)).ours.flatMap(({ path }) => path ?? [])
  const rest = (await entriesOf(project.dataDir)).filter(path => !measuredApart(ground).includes(path))
  const errands = await measured(seats.filter(path => runIdOf(path) === null))
  const report = {
    errands,
    environments: { count: environments.length, bytes: await measured(environments) },
    worktrees: { count: worktrees.length, bytes: await measured(worktrees) },
    store: await measured(['', '-wal', '-shm'].map(ending => paths.store + ending)),
  }
  const parts = [errands, report.environments.bytes, report.worktrees.bytes, await measured(rest)]
  return {
    ...report,
    runs: runs.toSorted((a, b) => weight(b) - weight(a)),
    total: sumOf([...parts, ...runs.flatMap(run => [run.seats, run.transcripts])]),
  }
}

const measuredApart = ({ project: { paths } }: Ground): string[] => [paths.seats, paths.environments, paths.transcripts]

const weight = (run: RunDisk): number => (run.seats ?? 0) + (run.transcripts ?? 0) + run.content

const runIdOf = (path: string): string | null => runIdIn(path.slice(path.lastIndexOf('/') + 1))

const entriesOf = async (folder: string): Promise<string[]> =>
  (await readdir(folder).catch(() => [])).map(name => join(folder, name))
