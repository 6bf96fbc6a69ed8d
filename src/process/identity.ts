/** A process named so that it can't be confused with a later one of the same pid. */
import { readFileSync } from 'node:fs'
import { processRow, processTable } from './process-table.ts'
import { run } from './run.ts'

export interface ProcessIdentity {
  pid: number
  /** When it started, as the kernel counts. */
  startTicks: string
  /** Which start of the machine. */
  bootId: string
}

/** Who has this pid now, or null when nobody living does. */
export const processIdentity = async (pid: number): Promise<ProcessIdentity | null> => {
  const row = process.platform === 'linux' ? processRow(pid) : (await processTable()).find(each => each.pid === pid)
  return row == null || row.isDead ? null : { pid, startTicks: row.startTicks, bootId: await bootId() }
}

/** Whether exactly this process still runs. */
export const isAlive = async (identity: ProcessIdentity): Promise<boolean> => {
  const now = await processIdentity(identity.pid)
  return now !== null && now.startTicks === identity.startTicks && now.bootId === identity.bootId
}

let knownBootId: string | null = null
const bootId = async (): Promise<string> => (knownBootId ??= await readBootId())

const readBootId = async (): Promise<string> => {
  if (process.platform === 'linux') return readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim()
  const options = { cwd: '/', env: {}, timeoutMs: 5_000, encoding: 'utf8' as const }
  return (await run('/usr/sbin/sysctl', ['-n', 'kern.bootsessionuuid'], options)).stdout.trim()
}
