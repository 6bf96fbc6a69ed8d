/** `agentlab open TASK|RUN`: the review worktree in the operator's own editor. */
import { CommandWords } from '../../config/command-words.ts'
import { AgentLabError } from '../../domain/errors.ts'
import { runAttended } from '../../process/attended.ts'
import type { Answer, Call } from '../call.ts'
import { reviewPlace } from '../review-place.ts'

export const open = async (call: Call, typed: string): Promise<Answer> => {
  const { project, id, worktree } = await reviewPlace(call, typed)
  const words = call.out.isTTY && !call.json ? editorWords(project.config.effective.editor, call.env) : null
  const json = { id, ...worktree, editor: words }
  if (words === null) return { text: worktree.path, json }
  const end = await runAttended(words[0]!, [...words.slice(1), worktree.path], {
    cwd: worktree.path,
    env: call.env,
    signal: call.signal,
  })
  if (end.failedToStart !== null || end.exitCode !== 0)
    throw new AgentLabError(
      `open failed on ${words[0]}: ${end.failedToStart ?? `it ended with ${end.exitCode ?? 'a signal'}`}`,
      {
        code: 'editor-failed',
        cure: `Name yours in ~/.config/agentlab/config.yaml (editor: [code, --wait]), or go there: cd ${worktree.path}`,
      },
    )
  return { text: worktree.path, json }
}

/** The operator's own: the configuration's, VISUAL, EDITOR; what only a shell understands is not run. Null: none. */
export const editorWords = (configured: readonly string[] | null, env: NodeJS.ProcessEnv): string[] | null => {
  if (configured !== null) return [...configured]
  const named = [env.VISUAL, env.EDITOR].find(value => value !== undefined && value.trim() !== '')
  return named === undefined ? null : (CommandWords.safeParse(named).data ?? null)
}
