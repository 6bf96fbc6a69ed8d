/**
 * The back end without walls: nothing limits what the process sees. Its descendants are found by session, descent and a
 * mark in their environment; one that drops the mark and its ancestors within a second can escape.
 */
import { randomUUID } from 'node:crypto'
import type { Backend } from './backend.ts'
import { endAll, family } from './descendants.ts'
import { hostFacts, limitedBy } from './host-facts.ts'
import { environmentValues, type ProcessRow, processTable } from './process-table.ts'

/** Names one launch in its processes' environment, so that ending it spares others of the same seat. */
const launchVariable = 'AGENTLAB_LAUNCH'

export const unboxed: Backend = async (policy, command) => {
  const mark = randomUUID()
  const { openFiles, fileBytes } = policy.limits
  // Without a namespace of its own, a process limit would count everything the operator runs.
  const [file, ...args] = [
    ...limitedBy({ openFiles, fileBytes, processes: null }, await hostFacts()),
    command.file,
    ...command.args,
  ]
  return {
    file: file!,
    args,
    cwd: command.cwd,
    env: { [launchVariable]: mark },
    pipes: 0,
    attach: (_, pid) => {
      const seen = new Map<number, string>()
      const living = (table: ProcessRow[]): ProcessRow[] => {
        const isSeed = (row: ProcessRow): boolean =>
          row.session === pid || row.group === pid || seen.get(row.pid) === row.startTicks
        const found = family(table, new Set([pid, ...table.filter(isSeed).map(row => row.pid)]))
        for (const row of found) seen.set(row.pid, row.startTicks)
        return found
      }
      const marked = async (): Promise<ProcessRow[]> => {
        const pids = (await environmentValues(launchVariable)).flatMap(({ pid, value }) =>
          value === mark ? [pid] : [],
        )
        return family(await processTable(), new Set(pids))
      }
      return {
        signal: async name => void process.kill(pid, name),
        interrupt: async () => void process.kill(-pid, 'SIGINT'),
        kill: () => void process.kill(-pid, 'SIGKILL'),
        watch: living,
        settle: async () =>
          (await endAll(async () => [...living(await processTable()), ...(await marked())], 10_000)).remaining,
        hasRun: () => true,
      }
    },
  }
}
