/** `agentlab export`: everything that belongs to a run that has ended, as one file. Changes nothing in store or refs. */
import { mkdir, mkdtemp, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { AgentLabError, exitCode } from '../../domain/errors.ts'
import type { FactRow } from '../../domain/export-file.ts'
import type { Oid, RunId } from '../../domain/ids.ts'
import { type Lane, strictestOf } from '../../domain/lane.ts'
import { createRedactor } from '../../domain/redaction/redactor.ts'
import { runsNamed, writeBundle } from '../../git/bundle.ts'
import { isOffered } from '../../git/offered.ts'
import { readableStoreError } from '../../store/store-errors.ts'
import { ownSecrets } from '../own-secrets.ts'
import type { Project } from '../project.ts'
import { readHeard, withoutSecrets } from './heard.ts'
import { baseOf, commitsNamed, contentRows, factRows } from './rows.ts'
import { type PartSource, writeExport } from './write-file.ts'

export interface ExportWish {
  runId: RunId
  /** Absolute path of the file for a lane, which stands in its name unless the operator named it. */
  pathFor(lane: Lane): string
  /** The log of facts alone: no words, and no commits, whose messages and contents are words. */
  factsOnly: boolean
  /** Leave out of the commits what the run's base stands on. */
  isThin: boolean
  agentlab: string
  now: number
}

export interface Exported {
  path: string
  runId: RunId
  /** The run's, or that of the strictest run whose work its commits stand on. */
  lane: Lane
  bytes: number
  counts: { events: number; tasks: number; requests: number; contents: number; transcripts: number; commits: number }
  /** The words were erased before. */
  isErased: boolean
}

/**
 * @throws AgentLabError `run-open`, `export-in-worktree`, `file-exists`, `file-unwritable`, `export-too-large`,
 * `shallow-history` (exit 2), `disk-full`
 */
export const exportRun = async (project: Project, wish: ExportWish): Promise<Exported> => {
  const { store, repository, paths, dataDir } = project
  const { runId, factsOnly } = wish
  const run = store.machines.get(runId)
  if (run === null || !['done', 'failed', 'cancelled'].includes(run.state)) throw open(runId, run?.state ?? 'unknown')
  const redactor = createRedactor(await ownSecrets(project))
  const { facts, contents } = store.write(() => ({
    facts: factRows(store, runId),
    contents: factsOnly ? [] : contentRows(store, runId, redactor),
  }))
  const ids = facts.flatMap(row => (row.row === 'state' ? [row.id] : []))
  const heard = factsOnly ? [] : withoutSecrets(await readHeard(paths.transcripts, ids), redactor)
  await mkdir(join(dataDir, 'incoming'), { recursive: true, mode: 0o700 })
  const scratchDir = await mkdtemp(join(dataDir, 'incoming', 'export-'))
  try {
    const bundlePath = join(scratchDir, 'bundle')
    const base = baseOf(facts)
    const thinAgainst = wish.isThin ? base : null
    const commits = factsOnly ? [] : commitsNamed(facts)
    const heads = await writeBundle(repository, { runId, commits, thinAgainst, scratchDir, path: bundlePath })
    const lane = await laneOfAll(project, runId, heads, thinAgainst)
    const path = wish.pathFor(lane)
    if (lane === 'private' && !factsOnly && (await isOffered(repository, path))) throw inWorktree(path, lane, runId)
    const words: PartSource[] = factsOnly ? [] : [{ name: 'words', rows: [...contents, ...heard] }]
    const git: PartSource[] = heads.length === 0 ? [] : [{ name: 'git', path: bundlePath, rows: heads }]
    const counts = countsOf(facts, { contents: contents.length, heard, commits: heads.length })
    const about = {
      ...{ agentlab: wish.agentlab, runId, lane, exportedAt: wish.now },
      thinAgainst: heads.length === 0 ? null : thinAgainst,
      counts,
    }
    const bytes = await writeExport(path, about, [{ name: 'facts', rows: facts }, ...words, ...git])
    return { path, runId, lane, bytes, counts, isErased: !factsOnly && contents.length === 0 }
  } catch (error) {
    throw readableStoreError(error, dataDir)
  } finally {
    await rm(scratchDir, { recursive: true, force: true })
  }
}

const countsOf = (
  facts: readonly FactRow[],
  others: { contents: number; heard: readonly { id: string; source: string }[]; commits: number },
): Exported['counts'] => {
  const of = (row: FactRow['row']): number => facts.filter(fact => fact.row === row).length
  return {
    ...{ events: of('event'), tasks: of('state') - 1, requests: of('request'), contents: others.contents },
    transcripts: new Set(others.heard.map(({ id, source }) => `${id}/${source}`)).size,
    commits: others.commits,
  }
}

/** Its commits stand on the work of other runs, which may have been in a stricter lane. */
const laneOfAll = async (project: Project, runId: RunId, heads: readonly Oid[], since: Oid | null): Promise<Lane> => {
  const own = laneOf(project, runId) ?? 'private'
  const named = await runsNamed(project.repository, heads, since)
  return strictestOf(own, ...named.flatMap(id => laneOf(project, id) ?? []))
}

const laneOf = ({ store }: Project, runId: string): Lane | null => {
  const asked = store.events.first(runId)?.event
  return asked?.type === 'run.requested' ? asked.request.lane : null
}

const open = (runId: RunId, state: string): AgentLabError =>
  new AgentLabError(`export failed on ${runId}: the run has not ended (${state})`, {
    code: 'run-open',
    cure: `Ask again once it has; a run is ended with: agentlab cancel ${runId}`,
    exit: exitCode.wrongUse,
  })

const inWorktree = (path: string, lane: Lane, runId: RunId): AgentLabError =>
  new AgentLabError(
    `export failed on ${path}: lane ${lane} does not go where git would offer it for a commit, into the work tree`,
    {
      code: 'export-in-worktree',
      cure: `Name a file outside of the repository, or one that git ignores: agentlab export ${runId} --output FILE`,
      exit: exitCode.wrongUse,
    },
  )
