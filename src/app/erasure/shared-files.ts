/** What holds the words of several runs: the supervisor's log, the record of promotions, copies of the store, the store. */
import { existsSync, readFileSync, renameSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { CleaningItem } from '../../domain/cleaning.ts'
import { eraseInCopy, storeCopies } from '../../store/erase-copies.ts'
import type { Ground } from '../cleaning/ground.ts'
import { gone, type Hands, type Outcome, type Planned, stays } from '../cleaning/planned.ts'
import { withoutWordsOf } from './promotions.ts'
import { tellErased } from './tell-erased.ts'

/**
 * Each looks at what is left in the store, so that it can be done again after a kill. The last one tells what was erased,
 * and only where all of them have succeeded.
 */
export const planSharedFiles = (ground: Ground): Planned[] => {
  const { paths, dataDir } = ground.project
  const promotions = join(dataDir, 'promotions.jsonl')
  const others = [
    ...(sizeOf(paths.log) === 0
      ? []
      : [planned(paths.log, 'emptied: its lines may quote what was said', () => emptyLog(ground))]),
    ...(existsSync(promotions)
      ? [planned(promotions, 'titles of tasks are taken out of it', () => scrub(ground, promotions))]
      : []),
    ...storeCopies(paths.store).map(path =>
      planned(path, 'written anew without what was erased', () => eraseCopy(ground, path)),
    ),
  ]
  const done = new Set<Planned>()
  const noted = others.map((one): Planned => {
    const act = async (hands: Hands): Promise<Outcome> => {
      const outcome = await one.act!(hands)
      if (outcome.isGone) done.add(one)
      return outcome
    }
    return { ...one, act }
  })
  const last = planned(paths.store, 'written anew without what was erased', async hands => {
    const outcome = await compact(ground)
    if (!outcome.isGone) return outcome
    if (done.size < others.length) return stays('it is not told as erased yet: what is named above may hold some of it')
    return tellErased(ground, hands, true)
  })
  return [...noted, last]
}

const planned = (path: string, why: string, work: (hands: Hands) => Outcome | Promise<Outcome>): Planned => {
  const fate = 'rewrite' as const
  const item: CleaningItem = { kind: 'file', name: basename(path), path, runId: null, bytes: 0, fate, why }
  return { item, act: async hands => work(hands) }
}

const sizeOf = (path: string): number => statSync(path, { throwIfNoEntry: false })?.size ?? 0

/** Whoever writes to it appends, so it goes on at its new end. */
const emptyLog = ({ project: { paths } }: Ground): Outcome => {
  truncateSync(paths.log)
  return gone()
}

const scrub = ({ project: { store } }: Ground, path: string): Outcome => {
  const kept = new Set(store.erasure.runIds())
  // One that a kill left holds what was not erased then.
  rmSync(`${path}.new`, { force: true })
  const text = readFileSync(path, 'utf8')
  const scrubbed = withoutWordsOf(text, runId => !kept.has(runId))
  if (scrubbed !== text) {
    try {
      writeFileSync(`${path}.new`, scrubbed, { mode: 0o600, flush: true })
      renameSync(`${path}.new`, path)
    } catch (error) {
      rmSync(`${path}.new`, { force: true })
      throw error
    }
  }
  return gone()
}

const eraseCopy = ({ project: { store } }: Ground, path: string): Outcome => {
  if (path.endsWith('.copying')) rmSync(path)
  else eraseInCopy(path, store.erasure.runIds())
  return gone()
}

const tries = 20
const pauseMs = 250

/** A reader holds the write-ahead log only for as long as it reads. */
const compact = async ({ project: { store } }: Ground): Promise<Outcome> => {
  for (let attempt = 1; attempt <= tries; attempt++) {
    if (store.erasure.compact()) return gone()
    await sleep(pauseMs)
  }
  return stays(
    'another process reads the store all the time: its write-ahead log still holds what was erased; run it again',
  )
}
