/**
 * Holds the processes of a launch that no pid namespace holds: they are found by session, descent and a mark in their
 * environment; one that drops the mark and its ancestors within a second can escape.
 */
import type { Contained } from './backend.ts'
import { endAll, family } from './descendants.ts'
import { environmentValues, type ProcessRow, processTable } from './process-table.ts'

/** Names one launch in its processes' environment, so that ending it spares others of the same seat. */
const launchVariable = 'AGENTLAB_LAUNCH'

/** What the command's environment must hold to be found by `mark`. */
export const markedBy = (mark: string): Record<string, string> => ({ [launchVariable]: mark })

/** `pid` leads a session and a process group of its own. */
export const markedFamily = (mark: string, pid: number): Omit<Contained, 'hasRun'> => {
  const seen = new Map<number, string>()
  const living = (table: ProcessRow[]): ProcessRow[] => {
    const isSeed = (row: ProcessRow): boolean =>
      row.session === pid || row.group === pid || seen.get(row.pid) === row.startTicks
    const found = family(table, new Set([pid, ...table.filter(isSeed).map(row => row.pid)]))
    for (const row of found) seen.set(row.pid, row.startTicks)
    return found
  }
  const marked = async (): Promise<ProcessRow[]> => {
    const pids = (await environmentValues(launchVariable)).flatMap(({ pid, value }) => (value === mark ? [pid] : []))
    return family(await processTable(), new Set(pids))
  }
  return {
    signal: async name => void process.kill(pid, name),
    interrupt: async () => void process.kill(-pid, 'SIGINT'),
    kill: () => void process.kill(-pid, 'SIGKILL'),
    watch: living,
    settle: async () =>
      (await endAll(async () => [...living(await processTable()), ...(await marked())], 10_000)).remaining,
  }
}
