/** Whether an agent, and not a person, is calling: by the environment, and by whose child this process is. */
import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { basename } from 'node:path'

/** Variables that the agent CLIs and AgentLab set for what they start. */
const markers = /^(?:CLAUDECODE|CLAUDE_CODE_|CODEX_|GEMINI_CLI|AGENTLAB_RUN$|AGENTLAB_SEAT$)/

/** Of these families, what a person sets in his own shell: logins and places. */
const ownSettings = new Set([
  'CLAUDE_CODE_OAUTH_TOKEN',
  'CLAUDE_CODE_USE_BEDROCK',
  'CLAUDE_CODE_USE_VERTEX',
  'CODEX_HOME',
  'GEMINI_CLI_HOME',
])

/** Names of the variables that tell of an agent; empty for a person's shell. */
export const agentVariables = (env: Iterable<string>): string[] =>
  [...env].filter(name => markers.test(name) && !ownSettings.has(name)).sort()

export interface Ancestor {
  pid: number
  parent: number
  /** The command's words; some platforms give the environment after them. */
  words: string[]
  /** Names of the variables it was started with; empty where they may not be read. */
  variables: string[]
}

const programs = new Set(['claude', 'codex', 'gemini'])

/** What about a process tells that it is an agent, or null. A script counts by its own name, not its interpreter's. */
export const agentSign = ({ words, variables }: Ancestor): string | null => {
  const name = words
    .slice(0, 2)
    .map(word => basename(word).replace(/\.(?:js|mjs|cjs|exe)$/, ''))
    .find(word => programs.has(word))
  if (name !== undefined) return `the program ${name}`
  const marker = agentVariables(variables)[0]
  return marker === undefined ? null : `the variable ${marker}`
}

/** The nearest ancestor of a process that is an agent, with what tells it. Null for a person's shell. */
export const agentAncestor = (
  pid: number,
  read: (pid: number) => Ancestor | null = readProcess,
): { pid: number; sign: string } | null => {
  const seen = new Set<number>()
  for (let at = read(pid)?.parent ?? 0; at > 0 && !seen.has(at); ) {
    seen.add(at)
    const ancestor = read(at)
    if (ancestor === null) return null
    const sign = agentSign(ancestor)
    if (sign !== null) return { pid: at, sign }
    at = ancestor.parent
  }
  return null
}

const readProcess = (pid: number): Ancestor | null => (process.platform === 'linux' ? fromProc(pid) : fromPs(pid))

const textOf = (path: string): string => {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return ''
  }
}

const namesIn = (entries: string[]): string[] =>
  entries.flatMap(entry => /^([A-Za-z_][A-Za-z0-9_]*)=/.exec(entry)?.[1] ?? [])

const fromProc = (pid: number): Ancestor | null => {
  const stat = textOf(`/proc/${pid}/stat`)
  // The program's name may hold spaces and brackets: count from the last one (proc_pid_stat(5)).
  const parent = Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1])
  if (stat === '' || Number.isNaN(parent)) return null
  const words = textOf(`/proc/${pid}/cmdline`).split('\0').filter(Boolean)
  return { pid, parent, words, variables: namesIn(textOf(`/proc/${pid}/environ`).split('\0')) }
}

// macOS: `-E` adds the environment to the command; a word of the command that looks like a variable counts as one.
const fromPs = (pid: number): Ancestor | null => {
  try {
    const line = execFileSync('/bin/ps', ['-E', '-ww', '-p', String(pid), '-o', 'ppid=,command='], { encoding: 'utf8' })
    const match = /^\s*(\d+)\s+(.*)$/.exec(line.trim())
    if (match === null) return null
    const words = match[2]!.split(' ')
    return { pid, parent: Number(match[1]), words, variables: namesIn(words) }
  } catch {
    return null
  }
}
