/** The errors AgentLab raises on purpose: a code for programs, a sentence and a cure for people. */

/** Exit codes of every command (docs/commands.md lists them). */
export const exitCode = {
  done: 0,
  failed: 1,
  wrongUse: 2,
  awaitingOperator: 3,
  noWall: 5,
  /** Of `box`: the program it was to run is not there; as shells say it. */
  noProgram: 127,
  interrupted: 130,
} as const

export type ExitCode = (typeof exitCode)[keyof typeof exitCode]

export interface AgentLabErrorOptions {
  /** kebab-case, stable, for programs: `not-a-repository`. */
  code: string
  /** What the reader should do next; one sentence or one command line. */
  cure?: string
  exit?: ExitCode
  cause?: unknown
}

/**
 * An expected failure that ends a command. The message reads `<who> failed on <what>: <why>`; the cure stands apart so
 * that it can be printed on a line of its own. Anything else that is thrown is a bug and keeps its stack.
 */
export class AgentLabError extends Error {
  override readonly name = 'AgentLabError'
  readonly code: string
  readonly cure: string | undefined
  readonly exit: ExitCode

  constructor(message: string, options: AgentLabErrorOptions) {
    super(message, { cause: options.cause })
    this.code = options.code
    this.cure = options.cure
    this.exit = options.exit ?? exitCode.failed
  }
}
