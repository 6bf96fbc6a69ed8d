/** Shows a long text in the operator's pager at a terminal; elsewhere it is simply the result. */
import { CommandWords } from '../config/command-words.ts'
import { runAttended } from '../process/attended.ts'
import type { Answer, Call } from './call.ts'

/** The words of the pager: GIT_PAGER, then PAGER, then less; null for none (`cat`, or empty). What only a shell understands is not run. */
export const pagerWords = (env: NodeJS.ProcessEnv): string[] | null => {
  const named = env.GIT_PAGER ?? env.PAGER
  if (named === undefined) return ['less']
  if (named.trim() === '' || named.trim() === 'cat') return null
  return CommandWords.safeParse(named).data ?? ['less']
}

/** Gives the answer back without its text where the pager has shown it. */
export const paged = async (call: Call, answer: Answer, isWanted: boolean): Promise<Answer> => {
  const words = isWanted && call.out.isTTY && !call.json && answer.text !== '' ? pagerWords(call.env) : null
  if (words === null) return answer
  // As git does: leave at once when it fits on the screen, let colours through, keep the text on the screen.
  const env = { LESS: 'FRX', LV: '-c', ...call.env }
  const { cwd, signal } = call
  const input = `${answer.text}\n`
  const end = await call.attended(() => runAttended(words[0]!, words.slice(1), { cwd, env, signal, input }))
  return end.failedToStart === null ? { ...answer, text: '' } : answer
}
