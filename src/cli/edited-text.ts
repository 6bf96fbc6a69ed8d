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
 * Opens the file in $VISUAL or $EDITOR (words, no shell) and gives the text as it was left.
 * @throws AgentLabError `no-terminal`, `editor-failed`, both naming the file
 */
export const editInEditor = async (call: Call, path: string): Promise<string> => {
  const named = [call.env.VISUAL, call.env.EDITOR].find(value => value !== undefined && value.trim() !== '')
  const words = CommandWords.safeParse(named ?? fallbackEditor)
  if (!words.success) throw editorFailed(JSON.stringify(named), 'it holds what only a shell understands', path)
  const [file, ...args] = words.data
  const end = await runAttended(file!, [...args, path], { cwd: call.cwd, env: call.env, signal: call.signal })
  if (end.failedToStart !== null) throw editorFailed(file!, end.failedToStart, path)
  if (end.exitCode !== 0) throw editorFailed(file!, `it ended with ${end.exitCode ?? 'a signal'}`, path)
  return readFile(path, 'utf8')
}

const editorFailed = (editor: string, why: string, path: string): AgentLabError =>
  new AgentLabError(`edit-plan failed on the editor ${editor}: ${why}`, {
    code: 'editor-failed',
    cure: `Set VISUAL or EDITOR, or edit ${path} yourself and give it with --file.`,
    exit: exitCode.wrongUse,
  })
