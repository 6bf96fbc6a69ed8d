/** Runs short, trusted commands (git, probes) to their end; what went wrong is a value. Never for an agent: see launch.ts. */
import { execa } from 'execa'
import { ownTurn } from './turn.ts'

export interface RunOptions {
  cwd: string
  /** The whole environment: nothing is inherited. */
  env: Record<string, string>
  input?: string | Uint8Array
  /** A file given as standard input; without it and `input`, standard input is empty. */
  stdinPath?: string
  /** A file that receives standard output (made, or emptied); `stdout` of the result is then empty. */
  stdoutPath?: string
  /** SIGTERM after this, SIGKILL five seconds later. */
  timeoutMs: number
  /** Of stdout and of stderr, each; the command is ended past it. Default 64 MiB. */
  maxOutputBytes?: number
  /** `buffer` (the default) gives stdout as bytes, `utf8` as text. */
  encoding?: 'buffer' | 'utf8'
}

export interface RunResult<Stdout = Buffer> {
  /** null where the command was ended by a signal or never started. */
  exitCode: number | null
  signal: string | null
  stdout: Stdout
  stderr: string
  timedOut: boolean
  /** The output grew past `maxOutputBytes`: it is cut, and the command was ended. */
  overflowed: boolean
  /** Why it never ran (`ENOENT: …`), or null. */
  failedToStart: string | null
}

/**
 * Runs `file` with `args`, never through a shell. Resolves for every end, whatever the exit code. `file` without a slash
 * is looked for on the PATH of `env`.
 */
export function run(
  file: string,
  args: string[],
  options: RunOptions & { encoding: 'utf8' },
): Promise<RunResult<string>>
export function run(file: string, args: string[], options: RunOptions): Promise<RunResult>
export async function run(file: string, args: string[], options: RunOptions): Promise<RunResult<Buffer | string>> {
  await ownTurn()
  const result = await execa(file, args, {
    cwd: options.cwd,
    env: options.env,
    extendEnv: false,
    encoding: 'buffer',
    reject: false,
    stripFinalNewline: false,
    timeout: options.timeoutMs,
    maxBuffer: options.maxOutputBytes ?? 64 * 1024 * 1024,
    ...(options.stdinPath !== undefined
      ? { inputFile: options.stdinPath }
      : options.input !== undefined
        ? { input: options.input }
        : { stdin: 'ignore' as const }),
    ...(options.stdoutPath === undefined ? {} : { stdout: { file: options.stdoutPath }, buffer: { stdout: false } }),
  })
  const stdout = bytes(result.stdout)
  // Also when the file given as standard input can't be read: the exit code then says nothing.
  const neverRan = result.failed && !result.exitCode && !result.signal && !result.timedOut && !result.isMaxBuffer
  return {
    exitCode: neverRan || result.isMaxBuffer ? null : (result.exitCode ?? null),
    signal: result.signal ?? null,
    stdout: options.encoding === 'utf8' ? stdout.toString('utf8') : stdout,
    stderr: bytes(result.stderr).toString('utf8'),
    timedOut: result.timedOut,
    overflowed: result.isMaxBuffer,
    failedToStart: neverRan ? (result.originalMessage ?? 'unknown reason') : null,
  }
}

const bytes = (output: unknown): Buffer =>
  output instanceof Uint8Array ? Buffer.from(output.buffer, output.byteOffset, output.byteLength) : Buffer.alloc(0)
