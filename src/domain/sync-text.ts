/** What bringing main into the integration branch came to, in one sentence. */
import { short } from './measures.ts'
import { checkWords } from './receipt-task.ts'
import type { SyncView } from './run-view.ts'
import { cleanLine } from './text.ts'

export const syncSentence = (sync: SyncView): string => {
  const main = sync.main === null ? 'main' : `main (${short(sync.main)})`
  const branch = 'the integration branch'
  switch (sync.kind) {
    case null:
      return `Main has not been brought into ${branch}.`
    case 'none':
      return `Nothing to do: ${branch} holds ${main} already.`
    case 'fastForward':
      return `The integration branch had nothing of its own and is now where ${main} is.`
    case 'merge':
      return `${main[0]!.toUpperCase()}${main.slice(1)} was merged into ${branch} as ${short(sync.base!)}; ${checksOf(sync)}.`
    case 'conflict':
      return `${main[0]!.toUpperCase()}${main.slice(1)} conflicts with ${branch}: a worker resolves it.`
  }
}

const checksOf = ({ checks }: SyncView): string => {
  if (checks === null) return 'no checks are on record'
  if (checks.results.length === 0) return `checks: ${checkWords[checks.status]}`
  return `checks: ${checks.results.map(result => `${cleanLine(result.name, 60)} ${result.status}`).join(', ')}`
}

/** What the operator should know of main at the end of a run, and what to type; null where there is nothing to say. */
export const mainNote = (state: 'held' | 'ahead' | 'rewritten' | 'missing' | null): string | null => {
  switch (state) {
    case 'ahead':
      return 'Main has commits the integration branch lacks; bring them in before you promote: agentlab sync'
    case 'rewritten':
      return 'Main was rewritten meanwhile: the integration branch holds commits main no longer has, and promote will refuse them. See: git log --first-parent main..agent'
    case 'missing':
      return 'The main branch is gone: bring it back, or name the new one in agentlab.yaml (main: <branch>).'
    default:
      return null
  }
}
