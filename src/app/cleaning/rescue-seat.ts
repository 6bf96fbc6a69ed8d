/**
 * Keeps what a worker left in a seat that is nowhere else: taken out in a box, as data, like any harvest, and put under a
 * ref of its own. What can't be taken over whole leaves the seat where it is.
 */
import { mkdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { AgentLabError } from '../../domain/errors.ts'
import { Oid, taskNumberOf } from '../../domain/ids.ts'
import { exportCommand } from '../../git/export-work.ts'
import { type Harvest, harvestWork } from '../../git/harvest.ts'
import { agentLabIdentity } from '../../git/operator-config.ts'
import { keepRescue, pinCommit } from '../../git/ref-write.ts'
import { hasObject } from '../../git/refs.ts'
import type { Rescue } from '../../git/rescue.ts'
import { strayTipsCommand } from '../../git/stray-tips.ts'
import { type BoxHost, runInBox } from '../box-command.ts'
import { type Ready, readReady, type Seat } from '../seats.ts'

/** A rescue integrates nothing, so it may be larger than a harvest. */
const rescueLimits = { fileBytes: 1024 ** 3, totalBytes: 1024 ** 3 }

/** Nothing may run in the seat. Never throws for what the seat holds: that is said in `left`. */
export const rescueSeat = async (
  host: BoxHost,
  seat: Seat,
  ids: { runId: string; taskId: string },
  when: number,
  signal: AbortSignal,
): Promise<Rescue> => {
  const ready = await readReady(seat)
  if (ready === null) return { ref: null, left: 'what it was made from is not on record' }
  const { repository } = host.project
  if (!(await hasObject(repository, ready.base)))
    return { ref: null, left: `the commit it was made from is gone: ${ready.base}` }
  await pinCommit(repository, ids.taskId, ready.base)
  try {
    const kept = await take(host, seat, ids, ready, when, signal)
    return kept.left === null ? { ref: kept.ref, left: await strays(host, seat, ids, signal) } : kept
  } catch (error) {
    if (!(error instanceof AgentLabError)) throw error
    return { ref: null, left: error.message }
  }
}

const take = async (
  host: BoxHost,
  seat: Seat,
  { runId, taskId }: { runId: string; taskId: string },
  { base, handedIn }: Ready,
  when: number,
  signal: AbortSignal,
): Promise<Rescue> => {
  const { repository, dataDir } = host.project
  const branch = `task-${taskNumberOf(taskId)}`
  const exported = exportCommand({ dirs: seat.dirs, base, branch, identity: agentLabIdentity })
  const limits = { wallMs: 10 * 60_000, outputBytes: rescueLimits.totalBytes + 64 * 1024 }
  const errand = {
    seat,
    taskId,
    what: 'rescue',
    name: 'export',
    ...exported,
    readable: [],
    limits,
    isOurs: true as const,
  }
  const { stdoutPath } = await runInBox(host, boxedFor(runId), errand, signal)
  const scratchDir = join(dataDir, 'incoming')
  await mkdir(scratchDir, { recursive: true, mode: 0o700 })
  let ref: string | null = null
  const harvest = await harvestWork({
    repository,
    exportPath: stdoutPath,
    scratchDir,
    base,
    branch,
    keepTip: async tip => {
      ref = await keepRescue(repository, seat.name, tip, when)
      return { status: 'moved' }
    },
    title: `Work left in the seat ${seat.name}`,
    trailers: { Rescued: seat.name },
    author: agentLabIdentity,
    when,
    handedIn,
    limits: rescueLimits,
  })
  return { ref, left: leftBy(harvest) }
}

const leftBy = (harvest: Harvest): string | null => {
  if (harvest.status === 'harvested' || harvest.status === 'empty') return null
  if (harvest.status === 'blocked') return 'the ref for it could not be set'
  const { claim, file } = harvest.findings.find(({ severity }) => severity === 'blocking') ?? harvest.findings[0]!
  return `what is in it can't be kept whole: ${file === undefined ? '' : `${file}: `}${claim}`
}

/** Whatever the run had agreed to: a seat is never looked at without walls. */
const boxedFor = (runId: string) => ({ runId, request: { containment: 'boxed' as const } })

/** Commits on other branches or in a stash, which no export takes: said, or null where there are none. */
const strays = async (
  host: BoxHost,
  seat: Seat,
  { runId, taskId }: { runId: string; taskId: string },
  signal: AbortSignal,
): Promise<string | null> => {
  const limits = { wallMs: 60_000, outputBytes: 1024 ** 2 }
  const errand = {
    seat,
    taskId,
    what: 'rescue',
    name: 'strays',
    ...strayTipsCommand(seat.dirs),
    readable: [],
    limits,
    isOurs: true as const,
  }
  const { end, stdoutPath } = await runInBox(host, boxedFor(runId), errand, signal)
  const lines = (await readFile(stdoutPath, 'utf8')).split('\n').filter(line => line !== '')
  if (end.exitCode !== 0 || lines.length > 200) return 'its branches could not be listed'
  for (const line of lines) {
    const oid = Oid.safeParse(line)
    if (!oid.success || !(await hasObject(host.project.repository, oid.data)))
      return 'it holds commits on other branches than its own'
  }
  return null
}
