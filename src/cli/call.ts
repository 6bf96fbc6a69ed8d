/** What a command gets and gives: it prints nothing itself except through `call`, and never exits. */
import type { ExitCode } from '../domain/errors.ts'
import type { Paint } from './paint.ts'

export interface Output {
  isTTY: boolean
  columns: number
  rows: number
  /** A terminal that knows ASCII only: `write` puts everything else in plain signs, which may take more columns. */
  isAscii: boolean
  write(text: string): void
  /** Tells when the process goes on after it was stopped: the terminal may show anything. Gives the end of telling. */
  onReturn(listener: () => void): () => void
}

/** Options that stand on every command. */
export interface GlobalOptions {
  json?: boolean
  repo?: string
}

export interface Call {
  cwd: string
  /** --repo, as given. */
  repo: string | undefined
  env: NodeJS.ProcessEnv
  /** --json: the answer's `json` is printed instead of its text. */
  json: boolean
  /** Results of commands that print as they go (`logs -f`); others return them. */
  out: Output
  /** Talk: progress, warnings, next steps. */
  talk: Output
  paint: Paint
  /** Aborted by the first SIGINT, SIGTERM or SIGHUP, and when nobody takes the output any more. */
  signal: AbortSignal
  /** Ctrl-C is not for us while `work` runs: a program of the operator's has the terminal, or `onInterrupt` takes it there. */
  attended<T>(work: () => Promise<T>, onInterrupt?: () => void): Promise<T>
}

/** One line of talk. */
export const tellOf =
  (call: Pick<Call, 'talk'>) =>
  (line: string): void =>
    call.talk.write(`${line}\n`)

export interface Answer {
  /** The result, for stdout; empty prints nothing. */
  text: string
  /** The same as one document. */
  json: unknown
  /** Next steps and remarks for stderr, one a line. */
  remarks?: string[]
  exit?: ExitCode
  /** Of the operator's own command that was run: passed on whatever it is, and instead of ours. */
  commandExit?: number
}
