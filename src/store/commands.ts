/** Operators' commands as rows: appended by any process, answered by the supervisor. */
import { z } from 'zod'
import { ErasureFilter } from '../domain/erasure.ts'
import { ContentId, Oid, RunId, TaskId } from '../domain/ids.ts'
import { RunRequest } from '../domain/run-request.ts'
import type { Sql } from './database.ts'

export const Command = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('task'), runId: RunId, request: RunRequest }),
  z.object({ kind: z.literal('cancel'), runId: RunId }),
  z.object({ kind: z.literal('resume'), runId: RunId }),
  /** Answered when all is done, with the cleaning's report as JSON. */
  z.object({ kind: z.literal('gc') }),
  /** Erases what the filter means for good; answered like a cleaning. */
  z.object({ kind: z.literal('purge'), filter: ErasureFilter }),
  z.object({
    kind: z.literal('reject'),
    runId: RunId,
    taskId: TaskId,
    /** Returns it to its worker; else it is closed. */
    back: z.boolean(),
    /** What depends on it and is integrated goes with it. */
    withDependents: z.boolean(),
    /** Where the integration branch stood when that was said. */
    agent: Oid,
    findingsContentId: ContentId,
  }),
  /** Approves the plan whose hash begins so: the one that was shown. */
  z.object({ kind: z.literal('approve'), runId: RunId, hash: z.string().regex(/^[0-9a-f]{12,64}$/) }),
  /** The plan was shown after its time had passed. */
  z.object({ kind: z.literal('renewPlan'), runId: RunId, hash: z.string().regex(/^[0-9a-f]{64}$/) }),
  z.object({ kind: z.literal('answer'), runId: RunId, answerContentId: ContentId }),
  /** The operator's words to the agent that is at work on the task. */
  z.object({ kind: z.literal('steer'), runId: RunId, taskId: TaskId, contentId: ContentId }),
  /** A whole plan as YAML, edited from the plan of that hash. */
  z.object({ kind: z.literal('editPlan'), runId: RunId, textContentId: ContentId, fromHash: z.string() }),
])
export type Command = z.infer<typeof Command>
/** Commands that are about a run and are answered at once. */
export type RunCommand = Exclude<Command, CleaningCommand>
export type CleaningCommand = Extract<Command, { kind: 'gc' | 'purge' }>

export interface CommandAnswer {
  accepted: boolean
  /** For people: why it was refused, or what happens now. */
  text: string
}

export interface CommandRows {
  append(id: string, command: Command, at: number): void
  /** Oldest first. */
  unanswered(): { id: string; command: Command }[]
  /** Answers once: a command that has its answer keeps it. Returns whether this one counts. */
  answer(id: string, answer: CommandAnswer, at: number): boolean
  answerOf(id: string): CommandAnswer | null
}

export const commandRows = (db: Sql): CommandRows => {
  const append = db.prepare(`INSERT INTO commands (id, at, kind, params) VALUES (?, ?, ?, ?)`)
  const unanswered = db.prepare<[], { id: string; params: string }>(
    `SELECT id, params FROM commands WHERE answered_at IS NULL ORDER BY seq`,
  )
  const answer = db.prepare(
    `UPDATE commands SET answered_at = ?, accepted = ?, answer = ? WHERE id = ? AND answered_at IS NULL`,
  )
  const answerOf = db.prepare<[string], { accepted: number | null; answer: string | null; answered_at: number | null }>(
    `SELECT accepted, answer, answered_at FROM commands WHERE id = ?`,
  )
  return {
    append: (id, command, at) => void append.run(id, at, command.kind, JSON.stringify(command)),
    unanswered: () => unanswered.all().map(row => ({ id: row.id, command: Command.parse(JSON.parse(row.params)) })),
    answer: (id, given, at) => answer.run(at, given.accepted ? 1 : 0, given.text, id).changes === 1,
    answerOf: id => {
      const row = answerOf.get(id)
      return row?.answered_at == null ? null : { accepted: row.accepted === 1, text: row.answer ?? '' }
    },
  }
}
