/** What the machine allows a process's limits to be, looked up once. */
import { existsSync, readFileSync } from 'node:fs'
import { homedir, release } from 'node:os'
import { findProgram, toolNeeds } from './programs.ts'

export interface HostFacts {
  /** Absolute path of prlimit (util-linux), or null: then only what the containment itself limits holds. */
  prlimit: string | null
  /** Absolute path of socat, or null: then no gate can be built. */
  socat: string | null
  /** RLIMIT_NPROC can count a box alone: an ordinary user, and a kernel that counts per user namespace. */
  canLimitProcesses: boolean
  /** Hard limit of open files here; a child can't have more. */
  maxOpenFiles: number
  /** What must be readable in a box for prlimit and socat to run there; nothing where they are the system's. */
  ownTools: string[]
  /** Files of /proc here that tell what no namespace holds: a box sees them empty. */
  tellingFiles: string[]
  /** Who AgentLab's processes are. */
  uid: number
  gid: number
}

/** Where AgentLab's own tools (bwrap, prlimit) are looked for: the system first, then the operator's PATH. */
export const systemPath = (): string => `/usr/bin:/usr/local/bin:/bin:${process.env.PATH ?? ''}`

let known: HostFacts | null = null

export const hostFacts = async (): Promise<HostFacts> => (known ??= await lookUp())

const lookUp = async (): Promise<HostFacts> => {
  const find = async (name: string): Promise<string | null> =>
    process.platform === 'linux' ? findProgram(name, systemPath()) : null
  const [prlimit, socat] = [await find('prlimit'), await find('socat')]
  const found = [prlimit, socat].filter(file => file !== null)
  const place = { home: homedir(), env: process.env }
  return {
    prlimit,
    socat,
    // Root is never held to it (kernel/fork.c: INIT_USER).
    canLimitProcesses: process.getuid?.() !== 0 && countsProcessesPerNamespace(release()),
    maxOpenFiles: hardLimitOfOpenFiles(),
    ownTools: (await Promise.all(found.map(file => toolNeeds(file, place)))).flatMap(needs => needs.prefixes),
    tellingFiles: telling.filter(path => existsSync(path)),
    uid: process.getuid?.() ?? 0,
    gid: process.getgid?.() ?? 0,
  }
}

/** Keyrings belong to the user; the others tell of the machine's memory and of every process on it. */
const telling = ['keys', 'key-users', 'kcore', 'timer_list', 'latency_stats', 'sched_debug'].map(
  name => `/proc/${name}`,
)

/** From Linux 5.14 on; before, a busy desktop's own processes would count and nothing could start. */
export const countsProcessesPerNamespace = (kernel: string): boolean => {
  const [major = 0, minor = 0] = kernel.split('.').map(Number)
  return major > 5 || (major === 5 && minor >= 14)
}

const hardLimitOfOpenFiles = (): number => {
  try {
    const [, hard] = /^Max open files\s+\S+\s+(\S+)/m.exec(readFileSync('/proc/self/limits', 'utf8')) ?? []
    return hard === undefined || hard === 'unlimited' ? Number.MAX_SAFE_INTEGER : Number(hard)
  } catch {
    return Number.MAX_SAFE_INTEGER
  }
}

/** The words before a command that hold it to limits; none where there is no prlimit. `processes: null` leaves them unlimited. */
export const limitedBy = (
  wanted: { openFiles: number; fileBytes: number; processes: number | null },
  facts: HostFacts,
): string[] =>
  facts.prlimit === null
    ? []
    : [
        facts.prlimit,
        '--core=0',
        `--nofile=${Math.min(wanted.openFiles, facts.maxOpenFiles)}`,
        `--fsize=${wanted.fileBytes}`,
        ...(wanted.processes === null ? [] : [`--nproc=${wanted.processes}`]),
        '--',
      ]
