/**
 * `agentlab import`: a run out of a file becomes one that is read here. Everything of it is somebody's word: it is judged
 * whole before anything is kept, and what is kept decides nothing about work that is made here.
 */
import { mkdir, mkdtemp, rename, rm, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { AgentLabError, exitCode } from '../../domain/errors.ts'
import { exportBounds, type Manifest, type WordRow } from '../../domain/export-file.ts'
import type { RunId } from '../../domain/ids.ts'
import { isLooser, type Lane, strictestOf } from '../../domain/lane.ts'
import { createRedactor } from '../../domain/redaction/redactor.ts'
import { dropImported } from '../../git/ref-write.ts'
import { listImportedRefs } from '../../git/refs.ts'
import { takeBundle } from '../../git/take-bundle.ts'
import { whyThatLane } from '../../lanes/required-lane.ts'
import { takeLock } from '../../store/lock.ts'
import { readableStoreError } from '../../store/store-errors.ts'
import { laneForWish } from '../lane-of-run.ts'
import { ownSecrets } from '../own-secrets.ts'
import type { Project } from '../project.ts'
import { transcriptFiles, withoutSecrets } from './heard.ts'
import { contentIdsIn, gist, inLane, type Judged, judgeRows, statesOf, worksIn } from './judge.ts'
import { readExport, refusedFile } from './read-file.ts'

export interface ImportWish {
  path: string
  /** What the operator asks for; null: the file's, or stricter where the repository needs that. */
  lane: Lane | null
  now: number
}

export interface Imported {
  /** `same`: it is here already, as it is in the file; nothing was changed. */
  status: 'imported' | 'same'
  runId: RunId
  lane: Lane
  /** The file's. */
  fileLane: Lane
  counts: Manifest['counts']
}

/**
 * May be killed anywhere and asked again.
 * @throws AgentLabError `import-refused`, `export-newer`, `import-lane`, `import-clash`, `bundle-refused` (exit 2),
 * `import-busy`, `disk-full`
 */
export const importRun = async (project: Project, wish: ImportWish): Promise<Imported> => {
  const lock = takeLock(join(project.dataDir, 'import.lock'), wish.now)
  if (lock === null)
    throw new AgentLabError(`import failed on ${wish.path}: another import is under way`, {
      code: 'import-busy',
      cure: 'Ask again when it is over.',
    })
  try {
    await dropHalfImported(project)
    await mkdir(join(project.dataDir, 'incoming'), { recursive: true, mode: 0o700 })
    const scratchDir = await mkdtemp(join(project.dataDir, 'incoming', 'import-'))
    try {
      return await take(project, wish, scratchDir)
    } catch (error) {
      // A full disk, wherever it was met.
      throw readableStoreError(error, project.dataDir)
    } finally {
      await rm(scratchDir, { recursive: true, force: true })
    }
  } finally {
    lock.release()
  }
}

/** Commits of an import that a kill cut short: their run is not in the store. */
const dropHalfImported = async ({ repository, store }: Project): Promise<void> => {
  for (const runId of (await listImportedRefs(repository)).keys())
    if (store.imports.of(runId) === null) await dropImported(repository, runId)
}

const take = async (project: Project, wish: ImportWish, scratchDir: string): Promise<Imported> => {
  const { store, repository } = project
  const bundlePath = join(scratchDir, 'bundle')
  const { manifest, facts, words } = await readExport(wish.path, bundlePath)
  const judged = judgeRows(manifest, facts, words, wish.now)
  if (typeof judged === 'string') throw refusedFile(wish.path, judged)
  const { runId, counts, lane: fileLane } = manifest
  const told = { runId, counts, fileLane }
  const known = store.events.first(runId)?.event
  if (known?.type === 'run.requested') {
    if (gist(store.events.ofRun(runId)) !== gist(judged.log))
      throw clash(wish.path, `there is another run ${runId} here`)
    return { status: 'same', ...told, lane: known.request.lane }
  }
  refuseClash(project, wish.path, judged, words, runId)
  const lane = await settled(project, wish, fileLane)
  const git = manifest.parts.find(part => part.name === 'git')
  if (git === undefined)
    return {
      status: 'imported',
      ...told,
      lane: await keep(project, wish, { manifest, judged, words, lane, scratchDir }),
    }
  try {
    const maxBytes = Math.min(git.bytes, exportBounds.git)
    await takeBundle(repository, { runId, path: bundlePath, scratchDir, maxBytes, works: worksIn(judged.log) })
    // What it brings may match a rule that nothing here had matched.
    const stricter = await settled(project, wish, lane)
    return {
      status: 'imported',
      ...told,
      lane: await keep(project, wish, { manifest, judged, words, lane: stricter, scratchDir }),
    }
  } catch (error) {
    if (store.imports.of(runId) === null) await dropImported(repository, runId)
    throw error
  }
}

/** The same lane as the file's, or a stricter one: the operator's wish, or what this repository needs. */
const settled = async (project: Project, { path, lane: asked }: ImportWish, fileLane: Lane): Promise<Lane> => {
  const required = await laneForWish(project, { planText: null })
  if (asked !== null && isLooser(asked, fileLane))
    throw looser(
      path,
      asked,
      `the file is of lane ${fileLane}, and a lane is never loosened by carrying a run elsewhere`,
    )
  if (asked !== null && isLooser(asked, required.lane))
    throw looser(path, asked, `this repository needs lane ${required.lane}: ${whyThatLane(required)}`)
  return asked ?? strictestOf(fileLane, required.lane)
}

const looser = (path: string, lane: Lane, why: string): AgentLabError =>
  new AgentLabError(`import failed on --lane ${lane}: ${why}`, {
    code: 'import-lane',
    cure: `Leave --lane away: agentlab import ${path}`,
    exit: exitCode.wrongUse,
  })

const refuseClash = (
  { store }: Project,
  path: string,
  judged: Judged,
  words: readonly WordRow[] | null,
  runId: RunId,
): void => {
  const tasks = store.machines.ofRun(runId)
  if (tasks.length > 0 || store.content.ofRun(runId).length > 0)
    throw clash(path, `something of a run ${runId} is here`)
  const ids = [...contentIdsIn(judged.log), ...(words ?? []).flatMap(row => (row.row === 'content' ? [row.id] : []))]
  const taken = ids.find(id => store.content.text(id) !== null)
  if (taken !== undefined) throw clash(path, `its content ${taken} is another run's here`)
}

const clash = (path: string, why: string): AgentLabError =>
  new AgentLabError(`import failed on ${path}: ${why}`, {
    code: 'import-clash',
    cure: 'Nothing was changed. A run is imported once; one id never stands for two runs.',
    exit: exitCode.wrongUse,
  })

interface Kept {
  manifest: Manifest
  judged: Judged
  words: readonly WordRow[] | null
  lane: Lane
  scratchDir: string
}

/** Transcripts first; that the run is here is one transaction, and the last thing done. */
const keep = async (
  project: Project,
  wish: ImportWish,
  { manifest, judged, words, lane, scratchDir }: Kept,
): Promise<Lane> => {
  const { store, paths } = project
  const { runId } = manifest
  const redactor = createRedactor(await ownSecrets(project))
  const heard = withoutSecrets(
    (words ?? []).flatMap(row => (row.row === 'heard' ? [row] : [])),
    redactor,
  )
  const placed = await placeTranscripts(paths.transcripts, transcriptFiles(heard, { lane }), scratchDir)
  const log = inLane(judged.log, lane)
  const states = statesOf(log.map(({ event }) => event))!
  try {
    store.write(() => {
      if (store.events.first(runId) !== null) throw clash(wish.path, `another import of run ${runId} came first`)
      let seq = 0
      for (const { at, event } of log) seq = store.events.append(event, at, 0)
      for (const machine of [states.run!, ...states.tasks])
        store.machines.save({ ...machine, kind: machine === states.run ? 'run' : 'task', runId, seq })
      for (const row of words ?? [])
        if (row.row === 'content') store.content.add({ ...row, runId, lane, text: redactor.redact(row.text) })
      for (const { row: _, ...request } of judged.requests) store.requests.add({ ...request, runId })
      for (const { row: _, endedAt, exitCode: exit, signal, ...launch } of judged.launches) {
        const id = store.launches.started({ ...launch, runId })
        if (endedAt !== null) store.launches.ended(id, { endedAt, exitCode: exit, signal })
      }
      const { agentlab } = manifest
      store.imports.add({ runId, at: wish.now, lane: manifest.lane, agentlab }, judged.checks)
    })
  } catch (error) {
    for (const path of placed) await rm(path, { recursive: true, force: true })
    throw error
  }
  return lane
}

/** Written aside, then given their places; what an import that was killed had placed gives way. */
const placeTranscripts = async (
  transcripts: string,
  files: ReadonlyMap<string, string>,
  scratchDir: string,
): Promise<string[]> => {
  const folders = new Set<string>()
  for (const [path, text] of files) {
    const aside = join(scratchDir, 'transcripts', path)
    await mkdir(dirname(aside), { recursive: true, mode: 0o700 })
    await writeFile(aside, text, { mode: 0o600, flag: 'wx', flush: true })
    folders.add(dirname(path))
  }
  if (folders.size > 0) await mkdir(transcripts, { recursive: true, mode: 0o700 })
  const placed: string[] = []
  for (const folder of folders) {
    const place = join(transcripts, folder)
    await rm(place, { recursive: true, force: true })
    await rename(join(scratchDir, 'transcripts', folder), place)
    placed.push(place)
  }
  return placed
}
