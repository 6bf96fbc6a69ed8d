/** What processes there are on this machine, read from the kernel, and what each was started with. */
import { readdirSync, readFileSync } from 'node:fs'
import { run } from './run.ts'

export interface ProcessRow {
  pid: number
  parent: number
  group: number
  /** Linux only; elsewhere the group. */
  session: number
  /** Ended but not yet collected by its parent: it runs nothing any more. */
  isDead: boolean
  /** When it started, in a form of the platform's own; with the pid it names one process of this boot. */
  startTicks: string
}

/** All processes, dead ones included. */
export const processTable = async (): Promise<ProcessRow[]> => {
  if (process.platform !== 'linux') return (await listing()).map(({ row }) => row)
  return processIds().flatMap(pid => processRow(pid) ?? [])
}

const shareMs = 900
let shared: { at: number; table: Promise<ProcessRow[]> } | null = null

/** The same, read at most about once a second, whoever asks: for those who look again and again. */
export const recentProcessTable = (): Promise<ProcessRow[]> => {
  const now = performance.now()
  if (shared === null || now - shared.at > shareMs) shared = { at: now, table: processTable() }
  return shared.table
}

/** One process by its pid, or null. Linux only. */
export const processRow = (pid: number): ProcessRow | null => {
  try {
    return parseStat(pid, readFileSync(`/proc/${pid}/stat`, 'latin1'))
  } catch {
    return null
  }
}

/** Reads `/proc/<pid>/stat` (proc_pid_stat(5)). The program's name may hold spaces and brackets: count from the last one. */
export const parseStat = (pid: number, stat: string): ProcessRow => {
  const [state, parent, group, session, ...rest] = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  return {
    pid,
    parent: Number(parent),
    group: Number(group),
    session: Number(session),
    isDead: state === 'Z' || state === 'X',
    startTicks: rest[15] ?? '',
  }
}

/** Value of a variable in the environment each process was started with; processes that may not be read are left out. */
export const environmentValues = async (name: string): Promise<{ pid: number; value: string }[]> => {
  if (process.platform !== 'linux') {
    return (await listing()).flatMap(({ row, words }) => pick(words, name, row.pid))
  }
  return processIds().flatMap(pid => {
    try {
      return pick(readFileSync(`/proc/${pid}/environ`, 'utf8').split('\0'), name, pid)
    } catch {
      return []
    }
  })
}

const pick = (entries: string[], name: string, pid: number): { pid: number; value: string }[] => {
  const entry = entries.find(text => text.startsWith(`${name}=`))
  return entry === undefined ? [] : [{ pid, value: entry.slice(name.length + 1) }]
}

const processIds = (): number[] => readdirSync('/proc').flatMap(name => (/^\d+$/.test(name) ? [Number(name)] : []))

// macOS and the BSDs: `ps -E` adds the environment to the command; values with spaces are cut at the first one.
const listing = async (): Promise<{ row: ProcessRow; words: string[] }[]> => {
  const columns = 'pid=,ppid=,pgid=,state=,lstart=,command='
  const { stdout } = await run('/bin/ps', ['-A', '-E', '-ww', '-o', columns], {
    cwd: '/',
    env: { LC_ALL: 'C' },
    timeoutMs: 10_000,
    encoding: 'utf8',
  })
  return stdout.split('\n').flatMap(line => parsePsLine(line) ?? [])
}

/** Reads a line of `ps -o pid=,ppid=,pgid=,state=,lstart=,command=`; `lstart` has five words. */
export const parsePsLine = (line: string): { row: ProcessRow; words: string[] } | null => {
  const match = /^\s*(\d+)\s+(\d+)\s+(\d+)\s+(\S+)\s+((?:\S+\s+){4}\S+)\s+(.*)$/.exec(line)
  if (match === null) return null
  const group = Number(match[3])
  return {
    row: {
      pid: Number(match[1]),
      parent: Number(match[2]),
      group,
      session: group,
      isDead: match[4]!.startsWith('Z'),
      startTicks: match[5]!.replace(/\s+/g, ' '),
    },
    words: match[6]!.split(' '),
  }
}
