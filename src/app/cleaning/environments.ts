/** The environments on disk: the least recently used go first, once they are too old or too large together. */
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Fate } from '../../domain/cleaning.ts'
import { fileSize } from '../../domain/measures.ts'
import { listEnvironments, type StoredEnvironment } from '../environment/stored.ts'
import type { Ground } from './ground.ts'
import { discardAll, type Planned } from './planned.ts'

export const planEnvironments = async (ground: Ground): Promise<Planned[]> => {
  const stored = await listEnvironments(ground.project.paths.environments)
  const facts = await Promise.all(stored.map(async one => ({ ...one, bytes: await sizeOf(ground, one) })))
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

export type EnvironmentFacts = Pick<StoredEnvironment, 'usedAt'> & { bytes: number | null }

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
  { usedAt, bytes }: EnvironmentFacts,
  { now, isAnyAtWork, oldestOpenAt, bounds }: Bounding,
  keptBytes: number,
): Judgement => {
  if (isAnyAtWork) return keep('a run is under way and may use it')
  if (usedAt === null) return remove('it was never built to its end')
  if (oldestOpenAt !== null && usedAt >= oldestOpenAt) return keep('a run that waits may use it')
  if (now - usedAt > bounds.environmentMs)
    return remove(`not used since ${new Date(usedAt).toISOString().slice(0, 10)}`)
  if (keptBytes > 0 && bytes !== null && keptBytes + bytes > bounds.environmentBytes)
    return remove(`used least recently, and all together are over ${fileSize(bounds.environmentBytes)}`)
  return keep('within the bounds of age and size')
}
