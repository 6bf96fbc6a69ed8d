/** A plan's text in the operator's own editor: kept in a file of ours until the run has taken it, so nothing is lost. */
import { randomBytes } from 'node:crypto'
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { CommandWords } from '../config/command-words.ts'
import { AgentLabError, exitCode } from '../domain/errors.ts'
import { runAttended } from '../process/attended.ts'
import type { Call } from './call.ts'

/** Writes `text` to a file below the data dir that the operator alone can read; gives its path. */
export const keepText = async (dataDir: string, runId: string, text: string): Promise<string> => {
  const dir = join(dataDir, 'edits')
  await mkdir(dir, { recursive: true, mode: 0o700 })
  const path = join(dir, `${runId}-${randomBytes(3).toString('hex')}.yaml`)
  await writeFile(path, text, { mode: 0o600 })
  return path
}

const fallbackEditor = 'vi'

/**
 * The operator's editor, $VISUAL or $EDITOR, as words; no shell is started.
 * @throws AgentLabError `editor-failed` where only a shell would understand it
 */
export const editorOf = (env: NodeJS.ProcessEnv): string[] => {
  const named = [env.VISUAL, env.EDITOR].find(value => value !== undefined && value.trim() !== '')
  const words = CommandWords.safeParse(named ?? fallbackEditor)
  if (words.success) return words.data
  throw editorFailed(JSON.stringify(named), 'it holds what only a shell understands')
}

/**
 * Opens the file in the editor and gives the text as it was left.
 * @throws AgentLabError `editor-failed`
 */
export const editInEditor = async (call: Call, [file, ...args]: readonly string[], path: string): Promise<string> => {
  const options = { cwd: call.cwd, env: call.env, signal: call.signal }
  const end = await call.attended(() => runAttended(file!, [...args, path], options))
  if (end.failedToStart !== null) throw editorFailed(file!, end.failedToStart)
  if (end.exitCode !== 0) throw editorFailed(file!, `it ended with ${end.exitCode ?? 'a signal'}`)
  return readFile(path, 'utf8')
}

const editorFailed = (editor: string, why: string): AgentLabError =>
  new AgentLabError(`edit-plan failed on the editor ${editor}: ${why}`, {
    code: 'editor-failed',
    cure: 'Set VISUAL or EDITOR, or print the plan (--print), edit it, and give it back with --file.',
    exit: exitCode.wrongUse,
  })
