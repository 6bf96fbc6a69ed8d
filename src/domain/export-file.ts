/**
 * The format of an exported run: three lines, then the parts one after the other. The first line says what it is and in
 * which lane it lies, the second is the manifest, the third the sha256 of both; the manifest has the sha256 of each part
 * as it lies in the file, so that every byte is held against something before any of it is unpacked.
 */
import { z } from 'zod'
import { CheckStatus } from './check.ts'
import { LoopEvent } from './event.ts'
import { ContentId, Oid, RunId, TaskId } from './ids.ts'
import { Lane, Provider, Role, WorkerName } from './lane.ts'
import { WorkerEvent } from './worker-event.ts'

export const exportFormat = 1

const mebibyte = 1024 * 1024
/** What is read at most of a file that somebody hands us. Bytes. */
export const exportBounds = {
  firstLine: 80,
  manifest: 64 * 1024,
  /** Of the text parts, packed and unpacked. */
  packed: 128 * mebibyte,
  plain: 256 * mebibyte,
  git: 4_096 * mebibyte,
  rows: 2_000_000,
} as const

const Sha256 = z.string().regex(/^[0-9a-f]{64}$/)
const count = z.number().int().nonnegative()

const Part = z.strictObject({
  name: z.enum(['facts', 'words', 'git']),
  /** As it lies in the file. */
  bytes: count,
  /** Unpacked; of `git`, which git itself unpacks, the same as `bytes`. */
  plainBytes: count,
  rows: count.max(exportBounds.rows),
  sha256: Sha256,
})
export type ExportPart = z.infer<typeof Part>

export const Manifest = z.strictObject({
  format: z.literal(exportFormat),
  /** The version that wrote it. */
  agentlab: z.string().max(64),
  runId: RunId,
  lane: Lane,
  /** Epoch milliseconds. */
  exportedAt: z.number().int(),
  /** The bundle needs this commit and what it stands on; null: it is whole, or there is none. */
  thinAgainst: Oid.nullable(),
  counts: z.strictObject({
    events: count,
    tasks: count,
    requests: count,
    contents: count,
    transcripts: count,
    commits: count,
  }),
  parts: z
    .array(Part)
    .min(1)
    .max(3)
    .refine(parts => new Set(parts.map(part => part.name)).size === parts.length, 'has a part twice'),
})
export type Manifest = z.infer<typeof Manifest>

const measured = z.number().nullable()

/** A row of the part `facts`. */
export const FactRow = z.discriminatedUnion('row', [
  z.strictObject({ row: z.literal('event'), at: z.number(), event: LoopEvent }),
  z.strictObject({ row: z.literal('state'), id: z.string().max(16), state: z.string().max(40) }),
  z.strictObject({
    row: z.literal('request'),
    taskId: TaskId.nullable(),
    attempt: z.number().int(),
    role: Role,
    worker: WorkerName,
    provider: Provider,
    model: z.string().max(400).nullable(),
    status: z.number().int().nullable(),
    input: measured,
    cached: measured,
    output: measured,
    startedAt: z.number().int(),
    endedAt: z.number().int(),
  }),
  z.strictObject({
    row: z.literal('launch'),
    taskId: TaskId.nullable(),
    what: z.string().max(400),
    startedAt: z.number().int(),
    endedAt: z.number().int().nullable(),
    exitCode: z.number().int().nullable(),
    signal: z.string().max(40).nullable(),
  }),
  z.strictObject({
    row: z.literal('check'),
    tree: Oid,
    name: z.string().max(400),
    status: CheckStatus,
    exitCode: z.number().int().nullable(),
    durationMs: z.number(),
  }),
])
export type FactRow = z.infer<typeof FactRow>
export type FactRowOf<R extends FactRow['row']> = Extract<FactRow, { row: R }>

export const ExportedContentKind = z.enum([
  'goal',
  'config',
  'planFile',
  'plan',
  'forecast',
  'question',
  'reply',
  'scenario',
  'findings',
  'answer',
  'checkResults',
  'verdict',
  'error',
  'instructions',
  'log',
  'message',
])

/** A row of the part `words`. */
export const WordRow = z.discriminatedUnion('row', [
  z.strictObject({
    row: z.literal('content'),
    id: ContentId,
    taskId: TaskId.nullable(),
    kind: ExportedContentKind,
    at: z.number().int(),
    text: z.string(),
  }),
  /** One line of a transcript, in the order of its file. */
  z.strictObject({
    row: z.literal('heard'),
    /** The run's id, for the planner, or a task's. */
    id: z.union([RunId, TaskId]),
    /** `worker-claude-1` */
    source: z.string().regex(/^[a-z]{1,20}-[a-z]{1,20}-\d{1,4}$/),
    at: z.number(),
    event: WorkerEvent,
  }),
])
export type WordRow = z.infer<typeof WordRow>
export type WordRowOf<R extends WordRow['row']> = Extract<WordRow, { row: R }>

/** `AgentLab-Export 1 private k3m9q2x7` */
export const firstLine = ({ lane, runId }: Pick<Manifest, 'lane' | 'runId'>): string =>
  `AgentLab-Export ${exportFormat} ${lane} ${runId}`

/** The format's number in a first line of any version, and the rest; null: it is no export of ours. */
export const readFirstLine = (line: string): { format: number; rest: string } | null => {
  const found = /^AgentLab-Export ([1-9]\d{0,5}) (.*)$/.exec(line)
  return found === null ? null : { format: Number(found[1]), rest: found[2]! }
}

/** `k3m9q2x7.private.agentlab` */
export const exportFileName = ({ lane, runId }: Pick<Manifest, 'lane' | 'runId'>): string => `${runId}.${lane}.agentlab`
