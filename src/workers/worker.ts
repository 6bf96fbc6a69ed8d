/**
 * The contract of an agent CLI's adapter. An adapter describes; it never spawns, never reads a disk or a clock.
 * Adding an agent means one file that exports a `Worker` and one row in `registry.ts`.
 */
import type { AttemptEnd, ProcessEnd } from '../domain/attempt.ts'
import type { Provider, Role, WorkerName } from '../domain/lane.ts'
import type { WorkerEvent } from '../domain/worker-event.ts'
import type { LocalWire } from './local/settings.ts'

/** Absolute directories of a seat: the one place on disk where this worker's things live. Same path in and out of the box. */
export interface SeatPaths {
  root: string
  /** The checkout: the agent's working directory. */
  workspace: string
  /** HOME of the process. */
  home: string
  /** The CLI's own config and session store; kept while the task is open, because a resume needs it. */
  agent: string
  /** prompt, stdout, stderr, material files given to the agent. */
  out: string
  /** TMPDIR; never an ancestor of `agent` (codex refuses helpers below the temp dir). */
  tmp: string
}

/** Where the CLI's program lies on this machine. */
export interface Installation {
  /** Absolute path of what is executed (codex: the native binary, not its launcher). */
  file: string
  /** Arguments before all others, for example the script when `file` is node. */
  prefixArgs: string[]
  version: string
  /** Directories that must stay readable in the box for the program to run. */
  prefixes: string[]
}

/** The kind of login the operator has; the placeholder a CLI gets must be of the same kind (it changes what it sends). */
export type CredentialKind = 'key' | 'claude-oauth'

export interface AttemptInput {
  role: Role
  seat: SeatPaths
  installation: Installation
  /** Whom it asks: its own vendor, or the operator's servers where it can (domain/lane.ts). */
  provider: Provider
  model: string | null
  /** What the operator says of the server, where it is one of their own. */
  server?: { wire: LocalWire | null; contextTokens: number | null }
  /** Folder of messages of the operator's (Message, a file each), for a worker that takes them; nothing in the box can write there. */
  inbox?: string
  /** The whole prompt, given on stdin. At most 512 KiB. */
  prompt: string
  /** JSON schema of the wanted answer; adapters without a flag for it leave it to the prompt. */
  schema: Record<string, unknown> | null
  /** A UUID chosen by us for a new session; CLIs that choose their own ignore it. */
  sessionId: string
  /** Session to continue, or null for a new one. */
  resume: string | null
  gateway: {
    /** Loopback origin without a trailing slash: `http://127.0.0.1:41231`. Adapters add `/`, the provider and what their wire needs. */
    origin: string
    /** Token of this attempt; the only credential-like thing the process ever sees. */
    token: string
    credentialKind: CredentialKind
  }
  /** For commits the agent makes. */
  identity: { name: string; email: string }
  /** PATH inside the box. */
  path: string
}

export interface PreparedAttempt {
  /** Files to write below the seat before the start; parents are made; mode 0600. Content is ours. */
  files: { path: string; content: string }[]
  file: string
  args: string[]
  env: Record<string, string>
  /** Text for standard input. */
  stdin: string
  /** What to send, in order, when it must end; the last step is always the box's SIGKILL. */
  stopSignal: 'SIGINT' | 'SIGTERM'
}

/** Reads a CLI's standard output line by line. Stateful, one per attempt. Must not throw on any input. */
export interface StreamReader {
  /** One line without its newline. Lines over 8 MiB arrive cut and count as unknown. */
  read(line: string): WorkerEvent[]
  /** True while the last event seen is an open tool call: its own silence limit applies. */
  hasOpenTool(): boolean
  /** The verdict on the whole attempt. `stderrTail` is at most 64 KiB. Never 'answered' from exit 0 alone. */
  conclude(end: ProcessEnd, stderrTail: string): AttemptEnd
}

export interface Worker {
  name: WorkerName
  /** Name of the program on PATH. */
  program: string
  /** Bounds measured for this CLI, in bytes of prompt. */
  maxPromptBytes: number
  /**
   * It reads its inbox while it works, and says `steered` for each message it has taken. Its conversation is on disk turn
   * by turn, so that one which was cut off is taken up again where it was. Left out: it can't be steered.
   */
  takesMessages?: true
  defaultModel: string | null
  prepare(input: AttemptInput): PreparedAttempt
  reader(input: Pick<AttemptInput, 'schema' | 'resume'>): StreamReader
}
