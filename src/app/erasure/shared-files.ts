/** What holds the words of several runs: the supervisor's log, the record of promotions, copies of the store, the store. */
import { existsSync, readFileSync, renameSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { CleaningItem } from '../../domain/cleaning.ts'
import { eraseInCopy, storeCopies } from '../../store/erase-copies.ts'
import type { Ground } from '../cleaning/ground.ts'
import { gone, type Outcome, type Planned, stays } from '../cleaning/planned.ts'
import { withoutWordsOf } from './promotions.ts'

/** Each looks at what is left in the store, so that it can be done again after a kill. */
export const planSharedFiles = (ground: Ground): Planned[] => {
  const { paths, dataDir } = ground.project
  const promotions = join(dataDir, 'promotions.jsonl')
  return [
    ...(sizeOf(paths.log) === 0
      ? []
      : [planned(paths.log, 'emptied: its lines may quote what was said', () => emptyLog(ground))]),
    ...(existsSync(promotions)
      ? [planned(promotions, 'titles of tasks are taken out of it', () => scrub(ground, promotions))]
      : []),
    ...storeCopies(paths.store).map(path =>
      planned(path, 'written anew without what was erased', () => eraseCopy(ground, path)),
    ),
    planned(paths.store, 'written anew without what was erased', () => compact(ground)),
  ]
}

const planned = (path: string, why: string, work: () => Outcome | Promise<Outcome>): Planned => {
  const fate = 'rewrite' as const
  const item: CleaningItem = { kind: 'file', name: basename(path), path, runId: null, bytes: 0, fate, why }
  return { item, act: async () => work() }
}

const sizeOf = (path: string): number => statSync(path, { throwIfNoEntry: false })?.size ?? 0

/** Whoever writes to it appends, so it goes on at its new end. */
const emptyLog = ({ project: { paths } }: Ground): Outcome => {
  truncateSync(paths.log)
  return gone()
}

const scrub = ({ project: { store } }: Ground, path: string): Outcome => {
  const kept = new Set(store.erasure.runIds())
  const text = readFileSync(path, 'utf8')
  const scrubbed = withoutWordsOf(text, runId => !kept.has(runId))
  if (scrubbed !== text) {
    writeFileSync(`${path}.new`, scrubbed, { mode: 0o600, flush: true })
    renameSync(`${path}.new`, path)
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
