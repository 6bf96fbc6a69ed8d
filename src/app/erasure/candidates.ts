/** The runs that left something, and which of them an erasure may take: never one that has not ended or is being promoted. */
import { readdir } from 'node:fs/promises'
import { basename, join } from 'node:path'
import type { ErasureFilter } from '../../domain/erasure.ts'
import type { Lane } from '../../domain/lane.ts'
import { moment } from '../../domain/measures.ts'
import { listImportedRefs } from '../../git/refs.ts'
import { type Ground, runIdIn, type Standing } from '../cleaning/ground.ts'
import { promotionUnderWay } from './promotion.ts'

export interface Candidate {
  runId: string
  lane: Lane
  /** When it came to its end; null while it has not. */
  endedAt: number | null
  /** Integrated work of it may still be on its way to main. */
  isOpenToReview: boolean
  /** Of its rows. */
  bytes: number
  /** Files and folders of its own outside of seats. */
  paths: string[]
  /** Refs hold its commits for the import alone. */
  hasCommits: boolean
  /** Why nothing of it is erased, or null. */
  keeps: string | null
}

/** Those the filter means, closed ones first, then by their end. A run of which nothing is left is not among them. */
export const candidatesFor = async (ground: Ground, filter: ErasureFilter): Promise<Candidate[]> => {
  const { store, paths, dataDir } = ground.project
  const named = [paths.transcripts, join(dataDir, 'edits')].map(async folder =>
    (await readdir(folder).catch(() => [])).map(name => join(folder, name)),
  )
  const byRun = Map.groupBy((await Promise.all(named)).flat(), path => runOf(basename(path)))
  const left = store.erasure.left()
  const commits = await importedCommits(ground)
  const known = new Set([...left.keys(), ...[...byRun.keys()].flatMap(runId => runId ?? []), ...commits.keys()])
  const asked = new Set(
    store.commands.unanswered().flatMap(({ command }) => ('runId' in command ? [command.runId] : [])),
  )
  const promoting = promotionUnderWay(ground.project)
  return [...known]
    .filter(runId => !asked.has(runId) && (filter.runId === null || filter.runId === runId))
    .map(runId =>
      candidate(ground, runId, {
        left: left.get(runId),
        paths: byRun.get(runId) ?? [],
        hasCommits: commits.has(runId),
        promoting,
      }),
    )
    .filter(one => filter.lane === null || one.lane === filter.lane)
    .filter(one => filter.endedBefore === null || (one.endedAt ?? Number.POSITIVE_INFINITY) < filter.endedBefore)
    .toSorted((a, b) => Number(a.isOpenToReview) - Number(b.isOpenToReview) || (a.endedAt ?? 0) - (b.endedAt ?? 0))
}

/** Refs of imported runs, by run; git is asked only where a run ever was imported. */
const importedCommits = async ({ project }: Ground): Promise<Map<string, string[]>> => {
  const imported = new Set(project.store.imports.runIds())
  if (imported.size === 0) return new Map()
  return new Map([...(await listImportedRefs(project.repository))].filter(([runId]) => imported.has(runId)))
}

/** Of a transcript's folder, `k3m9q2x7-2`, or an edited plan, `k3m9q2x7-4f2a91.yaml`. */
const runOf = (name: string): string | null => runIdIn(name.replace(/-[0-9a-f]{6}\.yaml$/, ''))

interface Traces {
  left: { lane: Lane; at: number; bytes: number } | undefined
  paths: string[]
  hasCommits: boolean
  promoting: string | null
}

const candidate = (ground: Ground, runId: string, { left, paths, hasCommits, promoting }: Traces): Candidate => {
  const { store } = ground.project
  const standing = ground.standing(runId)
  // What others integrated elsewhere is not on its way to main here.
  const isOpenToReview =
    store.imports.of(runId) === null &&
    store.machines.ofRun(runId).some(row => row.kind === 'task' && row.state === 'integrated')
  return {
    runId,
    lane: left?.lane ?? laneOf(ground, runId),
    // A request that never became a run ended when it was asked.
    endedAt: isOpen(standing) ? null : (store.erasure.lastToldAt(runId) ?? left?.at ?? 0),
    isOpenToReview,
    bytes: left?.bytes ?? 0,
    paths,
    hasCommits,
    keeps: openWords[standing] ?? (isOpenToReview ? promoting : null),
  }
}

const openWords: Partial<Record<Standing, string>> = {
  atWork: 'its run is under way',
  waiting: 'its run waits for you',
}

const isOpen = (standing: Standing): boolean => openWords[standing] !== undefined

const laneOf = ({ project: { store } }: Ground, runId: string): Lane => {
  const asked = store.events.first(runId)?.event
  return asked?.type === 'run.requested' ? asked.request.lane : 'private'
}

export const endedWords = ({ endedAt }: Pick<Candidate, 'endedAt'>): string =>
  endedAt === null ? 'its run has not ended' : `its run ended on ${moment(endedAt).slice(0, 10)}`
