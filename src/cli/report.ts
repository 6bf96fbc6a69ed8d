/** What is said of an error: who failed on what and why, and what to do; a bug keeps its stack. */
import { CommanderError } from 'commander'
import { AgentLabError, type ExitCode, exitCode } from '../domain/errors.ts'
import { createRedactor } from '../domain/redaction/redactor.ts'
import { cleanText } from '../domain/text.ts'
import type { Call } from './call.ts'

export interface Report {
  /** For standard output, with --json. */
  json: { error: { code: string; message: string; cure: string | null } }
  /** For standard error; empty where it was printed already. */
  talk: string
  exit: ExitCode
}

export const reportOf = async (error: unknown, call: Call): Promise<Report> => {
  if (error instanceof CommanderError) return wrongLine(error)
  const known = await expected(error, call)
  if (!(known instanceof AgentLabError)) return bug(known)
  const { code, message, cure, exit } = known
  // What failed may carry words from outside.
  const line = `${call.paint('red', 'error')}: ${cleanText(message)}\n`
  return {
    json: { error: { code, message, cure: cure ?? null } },
    talk: cure === undefined ? line : `${line}  → ${cleanText(cure)}\n`,
    exit,
  }
}

/** The parser has printed it. */
const wrongLine = ({ code, message }: CommanderError): Report => {
  const said = code === 'commander.help' ? 'no command was given' : cleanText(message).replace(/^error: /, '')
  return {
    json: {
      error: { code: 'wrong-use', message: `agentlab failed on the command line: ${said}`, cure: 'agentlab --help' },
    },
    talk: '',
    exit: exitCode.wrongUse,
  }
}

/** A supervisor's standard error is its log file, which is kept. */
const bug = (error: unknown): Report => {
  const told = createRedactor().redact(error instanceof Error ? (error.stack ?? error.message) : String(error))
  return {
    json: { error: { code: 'bug', message: told, cure: null } },
    talk: `agentlab: this is a bug in AgentLab\n${cleanText(told)}\n`,
    exit: exitCode.failed,
  }
}

/** What SQLite says in the middle of a command is as much an expected failure as what it says at the opening. */
const expected = async (error: unknown, call: Call): Promise<unknown> => {
  if (!(error instanceof Error) || !('code' in error) || !String(error.code).startsWith('SQLITE_')) return error
  const [{ readableStoreError }, { storePath }] = await Promise.all([
    import('../store/store-errors.ts'),
    import('./near-store.ts'),
  ])
  return readableStoreError(error, storePath(call) ?? 'the store')
}
