/** What a foreign process may do, as data. `process/launch.ts` is the one place that turns it into a process. */

/** `boxed`: the operating system enforces it. `unboxed`: nothing does; said on run and receipt. */
export type Containment = 'boxed' | 'unboxed'

/**
 * Which network a process has. `host`: the machine's own. `none`: a loopback of its own that leads nowhere. A gate: that
 * loopback, and on it one port that leads to one unix socket (absolute path, at most 104 bytes). Without a socket, on
 * macOS, where there is no loopback of its own: one port of the machine's, and nothing else.
 */
export type Network = 'host' | 'none' | { socket: string | null; port: number }

export interface LaunchPolicy {
  containment: Containment
  /** Absolute path of the seat: value of AGENTLAB_SEAT in its processes' environment, by which they are found again. */
  seat: string
  /**
   * Absolute paths that can be read, each at its own name (tool prefixes, object stores). Beside the system's programs
   * nothing else of the disk is there: no HOME, no repository, no data dir.
   */
  readable: string[]
  /** Absolute directories the process may write: its seat, or a part of it. */
  writable: string[]
  /**
   * Absolute paths that stay out of sight where they lie in a readable one (the operator's HOME and repository,
   * AgentLab's data dir, login files of a tool). Where hidden, readable and writable paths lie in each other, the
   * deepest one decides.
   */
  hidden: string[]
  /** Whether it may make user namespaces, as a browser's own box does: more of the kernel is then within its reach. */
  userNamespaces: boolean
  network: Network
  limits: LaunchLimits
}

export interface LaunchLimits {
  /** From start to end. */
  wallMs: number
  /** Bytes of stdout and of stderr kept each; past it the file is truncated in place. */
  outputBytes: number
  processes: number
  fileBytes: number
  openFiles: number
  /** What no kernel limit holds, and so is looked at while the process runs. Left out: nothing is. */
  watched?: WatchedBounds
}

/** Past one of them the process is ended at once, within seconds; each has a reason of its own. */
export interface WatchedBounds {
  /** `disk`: bytes and files below the writable directories, what lay there before included. */
  diskBytes: number
  files: number
  /** `memory`: of all its processes together, swapped out or not. */
  memoryBytes: number
  /** `processes`: at once. The kernel holds ordinary users to `LaunchLimits.processes`, but never root. */
  processes: number
  /** `noSpace`: what has to stay free on the file system of the writable directories. */
  freeBytes: number
}

/** A program and what its standard streams are. */
export type LaunchCommand = LaunchedProgram & (FileStreams | OwnStreams)

export interface LaunchedProgram {
  /** Absolute path of the program. */
  file: string
  args: string[]
  cwd: string
  /** The whole environment; nothing is inherited. */
  env: Record<string, string>
}

export interface FileStreams {
  /** Absolute path of a file given as standard input; null gives an empty one. */
  stdinPath: string | null
  /** Absolute paths of append-only files that receive the output; made if missing. */
  stdoutPath: string
  stderrPath: string
}

/** Standard input, output and error of this process itself: for a command that the operator runs in a box. */
export interface OwnStreams {
  streams: 'own'
}
