/** The normalised stream of an agent CLI: one vocabulary for three vendors. Content, never a fact of the log. */
import { z } from 'zod'
import { Usage } from './attempt.ts'

export const WorkerEvent = z.discriminatedUnion('type', [
  z.object({ type: z.literal('session'), sessionId: z.string(), model: z.string().nullable() }),
  z.object({ type: z.literal('text'), text: z.string() }),
  z.object({ type: z.literal('thinking'), text: z.string() }),
  /** `input` is one line fit for reading: the command, or the path. `mutates` is null when it can't be told. */
  z.object({ type: z.literal('tool.started'), id: z.string(), tool: z.string(), input: z.string() }),
  z.object({
    type: z.literal('tool.finished'),
    id: z.string(),
    /** null: the CLI's stream does not tell (gemini reports a failed command as success). */
    ok: z.boolean().nullable(),
    exitCode: z.number().int().nullable(),
    output: z.string(),
  }),
  z.object({
    type: z.literal('retry'),
    status: z.number().int().nullable(),
    detail: z.string(),
    retryInMs: z.number().nullable(),
  }),
  z.object({ type: z.literal('usage'), usage: Usage }),
  /** A message of the operator's that the agent has in its conversation now. */
  z.object({ type: z.literal('steered'), id: z.string(), text: z.string() }),
  z.object({ type: z.literal('notice'), text: z.string() }),
  /** A line that is not JSON, or JSON of a shape we do not know: kept, never guessed at. */
  z.object({ type: z.literal('unknown'), line: z.string() }),
])
export type WorkerEvent = z.infer<typeof WorkerEvent>
