/** What a worker is called where it is told who answered it. No schema: listings need none. */
import type { Answerer } from './answerer.ts'

/** `claude`; where a server of the operator's answered, `local (qwen3:8b)` and `codex (local qwen3:8b)`. */
export const workerWords = (worker: string, answerer: Answerer | undefined): string => {
  if (answerer?.provider !== 'local' || answerer.model === null) return worker
  return `${worker} (${worker === 'local' ? '' : 'local '}${answerer.model})`
}
