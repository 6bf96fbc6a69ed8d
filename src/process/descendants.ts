/** Finds and ends what a seat left behind: by the marker in its environment, never by a pid or a name alone. */
import { setTimeout as delay } from 'node:timers/promises'
import { environmentValues, type ProcessRow, processTable } from './process-table.ts'

/** The environment variable every launched process carries; its value is the seat's absolute path. */
export const seatVariable = 'AGENTLAB_SEAT'

export interface SweepResult {
  /** Processes that were ended. */
  killed: number
  /** Pids that would not die within the deadline: in uninterruptible sleep, or another user's. */
  remaining: number[]
}

/**
 * Living processes that carry `marker` (a seat's path), or a seat below it (a data dir's path finds all its seats), and
 * what descends from them. This process and those it descends from are never among them.
 */
export const descendantsAlive = async (marker: string): Promise<ProcessRow[]> =>
  family(await processTable(), await marked(marker))

/** Ends them all with SIGKILL, again and again until none is found. For the next start after a crash, and after each end. */
export const sweepMarked = async (marker: string, deadlineMs = 10_000): Promise<SweepResult> =>
  endAll(() => descendantsAlive(marker), deadlineMs)

/** Ends what `find` gives until it gives nothing. */
export const endAll = async (find: () => Promise<ProcessRow[]>, deadlineMs: number): Promise<SweepResult> => {
  const killed = new Set<string>()
  const until = Date.now() + deadlineMs
  for (let waitMs = 2; ; waitMs = Math.min(waitMs * 2, 100)) {
    const found = await find()
    if (found.length === 0) return { killed: killed.size, remaining: [] }
    if (Date.now() > until) return { killed: killed.size, remaining: found.map(row => row.pid) }
    for (const row of found) if (kill(row.pid)) killed.add(`${row.pid} ${row.startTicks}`)
    await delay(waitMs)
  }
}

const kill = (pid: number): boolean => {
  try {
    return process.kill(pid, 'SIGKILL')
  } catch {
    return false
  }
}

const marked = async (marker: string): Promise<Set<number>> => {
  const values = await environmentValues(seatVariable)
  return new Set(values.flatMap(({ pid, value }) => (value === marker || value.startsWith(`${marker}/`) ? [pid] : [])))
}

/** The living of `table` that are in `seeds` or descend from one of them, without this process and its ancestors. */
export const family = (table: ProcessRow[], seeds: ReadonlySet<number>): ProcessRow[] => {
  const byPid = new Map(table.map(row => [row.pid, row]))
  const ours = new Set<number>()
  for (let pid = process.pid; byPid.has(pid) && !ours.has(pid); pid = byPid.get(pid)!.parent) ours.add(pid)
  const belongs = (row: ProcessRow): boolean => {
    const seen = new Set<number>()
    for (let at: ProcessRow | undefined = row; at !== undefined && !seen.has(at.pid); at = byPid.get(at.parent)) {
      if (ours.has(at.pid)) return false
      if (seeds.has(at.pid)) return true
      seen.add(at.pid)
    }
    return false
  }
  return table.filter(row => !row.isDead && belongs(row))
}
