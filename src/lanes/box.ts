/** What a process of a seat may see and write, as data. Pure; process/launch.ts makes it so. */
import type { Containment, LaunchLimits, LaunchPolicy, Network } from '../domain/launch.ts'
import { loginPlaces } from '../process/login-files.ts'

export interface BoxInput {
  containment: Containment
  /** The one directory the process may write. */
  seatRoot: string
  /** AgentLab's data dir of this repository: out of sight, with all other seats. */
  dataDir: string
  /** The operator's HOME. */
  home: string
  /** Top of the operator's repository: out of sight but for `objectDirs`. */
  repoRoot: string
  /** Object store directories of the repository, its alternates included: read-only, for the seats' own git dirs borrow from them. */
  objectDirs: string[]
  /** Of the command and of what it calls: see process/programs.ts. */
  toolPrefixes: string[]
  extraReadable: string[]
  /** Files with logins found in what is opened, beside those in their usual places. */
  logins?: string[]
  /** Left out: none. */
  userNamespaces?: boolean
  network: Network
  limits: LaunchLimits
}

/** Of the system's own, which every box sees. */
const systemPrefixes = ['/usr', '/usr/local']

/**
 * The box of a seat: object stores and tools readable, the seat writable; HOME, data dir and repository out of sight even
 * where a readable place holds them.
 */
export const boxPolicy = (input: BoxInput): LaunchPolicy => {
  const closed = [input.home, input.dataDir, input.repoRoot].filter(path => path !== '' && path !== '/')
  const open = [...input.toolPrefixes, ...input.extraReadable]
  return {
    containment: input.containment,
    seat: input.seatRoot,
    hidden: unique([...closed, ...[...systemPrefixes, ...open].flatMap(loginPlaces), ...(input.logins ?? [])]),
    readable: unique([...input.objectDirs, ...open]),
    writable: [input.seatRoot],
    userNamespaces: input.userNamespaces ?? false,
    network: input.network,
    limits: input.limits,
  }
}

const unique = (paths: string[]): string[] => [...new Set(paths)]
