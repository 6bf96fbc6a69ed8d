/** The environments on disk: those go whose users' words are gone, then the least recently used beyond age or size. */
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Fate } from '../../domain/cleaning.ts'
import { fileSize } from '../../domain/measures.ts'
import { listEnvironments, type StoredEnvironment } from '../environment/stored.ts'
import type { Ground } from './ground.ts'
import { discardAll, type Planned } from './planned.ts'

/** `going`: runs whose words go now, and with them what only they had built. */
export const planEnvironments = async (ground: Ground, going: ReadonlySet<string>): Promise<Planned[]> => {
  const { paths, store } = ground.project
  const stored = await listEnvironments(paths.environments)
  const kept = new Set(store.erasure.runIds().filter(runId => !going.has(runId)))
  const facts = await Promise.all(
    stored.map(async one => ({
      ...one,
      bytes: await sizeOf(ground, one),
      isForgotten: !one.users.some(runId => kept.has(runId)),
    })),
  )
  const judgements = judgeEnvironments(facts, ground)
  return facts.map(({ hash: name, dir: path, bytes }, index): Planned => {
    const item = { kind: 'environment' as const, name, path, runId: null, bytes, ...judgements[index]! }
    return { item, act: item.fate === 'keep' ? null : discardAll([path]) }
  })
}

/** An environment that is whole never changes, so cleaning notes its size in it. */
const sizeOf = async (ground: Ground, { dir, usedAt }: StoredEnvironment): Promise<number | null> => {
  const note = join(dir, 'bytes')
  const noted = /^\d+$/.exec(await readFile(note, 'utf8').catch(() => ''))
  if (noted !== null) return Number(noted[0])
  const bytes = await ground.meter.measure(dir)
  if (bytes !== null && usedAt !== null && !ground.isByHand) await writeFile(note, String(bytes), { mode: 0o600 })
  return bytes
}

export type EnvironmentFacts = Pick<StoredEnvironment, 'usedAt'> & {
  bytes: number | null
  /** Of no run that used it any words are kept. */
  isForgotten: boolean
}

type Judgement = { fate: Fate; why: string }

type Bounding = Pick<Ground, 'now' | 'isAnyAtWork' | 'oldestOpenAt' | 'bounds'>

/**
 * One judgement an environment, in the order given. What is not measured counts for nothing: only its age can end it.
 * The one used last stays whatever its size: the next run would only build it again.
 */
export const judgeEnvironments = (all: readonly EnvironmentFacts[], ground: Bounding): Judgement[] => {
  const judged = new Map<EnvironmentFacts, Judgement>()
  let keptBytes = 0
  for (const facts of all.toSorted((a, b) => (b.usedAt ?? 0) - (a.usedAt ?? 0))) {
    const judgement = judgeOne(facts, ground, keptBytes)
    judged.set(facts, judgement)
    if (judgement.fate === 'keep') keptBytes += facts.bytes ?? 0
  }
  return all.map(facts => judged.get(facts)!)
}

const remove = (why: string): Judgement => ({ fate: 'remove', why })
const keep = (why: string): Judgement => ({ fate: 'keep', why })

/** `keptBytes`: of those that were used later and stay. */
const judgeOne = (
  { usedAt, bytes, isForgotten }: EnvironmentFacts,
  { now, isAnyAtWork, oldestOpenAt, bounds }: Bounding,
  keptBytes: number,
): Judgement => {
  if (isAnyAtWork) return keep('a run is under way and may use it')
  if (usedAt === null) return remove('it was never built to its end')
  if (isForgotten) return remove('no words are kept of any run that used it')
  if (oldestOpenAt !== null && usedAt >= oldestOpenAt) return keep('a run that waits may use it')
  if (now - usedAt > bounds.environmentMs)
    return remove(`not used since ${new Date(usedAt).toISOString().slice(0, 10)}`)
  if (keptBytes > 0 && bytes !== null && keptBytes + bytes > bounds.environmentBytes)
    return remove(`used least recently, and all together are over ${fileSize(bounds.environmentBytes)}`)
  return keep('within the bounds of age and size')
}
