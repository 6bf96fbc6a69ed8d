/** That a run was erased is told once nothing of it is left: neither a file of its own nor a copy that others share. */
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { many } from '../../domain/measures.ts'
import { type Ground, runIdIn } from '../cleaning/ground.ts'
import { gone, type Hands, type Outcome, type Planned, stays } from '../cleaning/planned.ts'

/** Rows are gone, and something that may hold what was in them is not written anew, or is still there. */
export const isUnfinished = ({ project: { store } }: Ground): boolean =>
  store.erasure.isPending() || store.erasure.untold().length > 0

/** `isRewritten`: all that several runs share has just been written anew. */
export const tellErased = (ground: Ground, { epoch }: Pick<Hands, 'epoch'>, isRewritten: boolean): Outcome => {
  const { store } = ground.project
  const facts = store.erasure.untold()
  const left = new Map(facts.map(({ runId }) => [runId, filesOf(ground, runId)]))
  const clean = facts.filter(({ runId }) => left.get(runId)!.length === 0)
  if (isRewritten || clean.length > 0)
    store.write(() => {
      if (isRewritten) store.erasure.finished()
      for (const fact of clean) {
        store.erasure.told(fact.runId)
        // A request that never became a run has no log.
        if (store.events.first(fact.runId) !== null)
          store.events.append({ type: 'content.erased', ...fact }, ground.now, epoch())
      }
    }, epoch())
  const others = facts.flatMap(({ runId }) => (left.get(runId)!.length === 0 ? [] : [runId]))
  if (others.length === 0) return gone()
  const count = others.reduce((sum, runId) => sum + left.get(runId)!.length, 0)
  return stays(
    `${others.join(', ')} ${others.length === 1 ? 'is' : 'are'} not told as erased yet: ${many(count, 'folder')} of it ${count === 1 ? 'is' : 'are'} still there, each named above`,
  )
}

/** Tells of runs whose last folder went since; nothing where there is none. */
export const planTelling = (ground: Ground): Planned[] => {
  const { store, paths } = ground.project
  const facts = store.erasure.untold()
  if (facts.every(({ runId }) => filesOf(ground, runId).length > 0)) return []
  const why = 'its log says what was erased: nothing of it is left'
  const item = {
    kind: 'file',
    name: 'store.db',
    path: paths.store,
    runId: null,
    bytes: 0,
    fate: 'rewrite',
    why,
  } as const
  return [{ item, act: async hands => tellErased(ground, hands, false) }]
}

/** Folders and files of the run's own that hold words: seats, transcripts, edited plans. */
const filesOf = ({ project: { paths, dataDir } }: Ground, runId: string): string[] =>
  [paths.seats, paths.transcripts, join(dataDir, 'edits')].flatMap(folder => {
    try {
      return readdirSync(folder).filter(name => runIdIn(name.replace(/-[0-9a-f]{6}\.yaml$/, '')) === runId)
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return []
      throw error
    }
  })
