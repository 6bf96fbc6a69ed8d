/** What a box may use of the machine: the run's bounds of a seat, and what has to stay free on the data dir's disk. */
import { freeBytesToKeep } from '../config/keep.ts'
import { defaultLimits, runLimitsOf } from '../config/limits.ts'
import type { OperatorConfig } from '../config/operator-config.ts'
import type { Outgrown } from '../domain/attempt.ts'
import { AgentLabError } from '../domain/errors.ts'
import type { WatchedBounds } from '../domain/launch.ts'
import { fileSize } from '../domain/measures.ts'
import type { RunRequest } from '../domain/run-request.ts'
import { spaceAt } from '../process/disk-usage.ts'
import type { RunContext } from '../supervisor/run-context.ts'
import type { Project } from './project.ts'

/** No build needs as many; counting more would cost more than it tells. */
const mostFiles = 2_000_000

/** Processes of one box. */
export const mostProcesses = 1_024

interface Room {
  dataDir: string
  config: { operator: Pick<OperatorConfig, 'keep'> }
}

interface BoundScope {
  runId: string
  request: Partial<Pick<RunRequest, 'limits'>>
}

/**
 * The bounds that are watched in a box. Each resumption by the operator that grants the run's limits once more grants
 * these too. Without a scope only free space is.
 */
export const watchedBounds = (project: Project, scope: BoundScope | null): WatchedBounds => {
  const freeBytes = freeBytesToKeep(project.config.operator.keep)
  const unbounded = Number.POSITIVE_INFINITY
  if (scope === null)
    return { diskBytes: unbounded, files: unbounded, memoryBytes: unbounded, processes: unbounded, freeBytes }
  const limits = { ...runLimitsOf(defaultLimits), ...scope.request.limits }
  const times = 1 + grantsOf(project, scope.runId)
  return {
    diskBytes: (limits.diskBytes ?? unbounded) * times,
    files: mostFiles,
    memoryBytes: (limits.memoryBytes ?? unbounded) * times,
    processes: mostProcesses,
    freeBytes,
  }
}

const grantsOf = (project: Project, runId: string): number =>
  (project.store.machines.get(runId)?.context as Partial<RunContext> | undefined)?.grants ?? 0

/**
 * What is free on the disk of a data dir, in bytes.
 * @throws AgentLabError `disk-full`: starting anything would bring the store into danger
 */
export const roomFor = async ({ dataDir, config }: Room): Promise<number> => {
  const floor = freeBytesToKeep(config.operator.keep)
  const { freeBytes } = await spaceAt(dataDir)
  if (freeBytes >= floor) return freeBytes
  throw new AgentLabError(
    `agentlab failed on the disk of ${dataDir}: ${fileSize(freeBytes)} are free, and ${fileSize(floor)} have to stay free`,
    {
      code: 'disk-full',
      cure: 'Make room (what AgentLab can spare: agentlab gc --dry-run), or lower keep.freeMB in ~/.config/agentlab/config.yaml.',
    },
  )
}

/** Why a command was ended, as one sentence with its cure; null where no bound of its box was passed. */
export const outgrownSentence = (stopped: string | null, bounds: WatchedBounds): string | null =>
  stopped !== null && Object.hasOwn(sentences, stopped) ? sentences[stopped as Outgrown](bounds) : null

const sentences: Record<Outgrown, (bounds: WatchedBounds) => string> = {
  disk: ({ diskBytes, files }) =>
    `Ended because its seat held more than ${fileSize(diskBytes)} or ${files} files (limits.diskMB).`,
  memory: ({ memoryBytes }) =>
    `Ended because its processes took more than ${fileSize(memoryBytes)} of memory (limits.memoryMB).`,
  processes: ({ processes }) => `Ended because it had more than ${processes} processes at once.`,
  noSpace: ({ freeBytes }) =>
    `Ended because less than ${fileSize(freeBytes)} were free on the machine's disk (keep.freeMB).`,
}
