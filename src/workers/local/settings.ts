/** What the adapter hands to the program: one JSON file in the seat, and the token in the environment. */
import { z } from 'zod'
import { Role } from '../../domain/lane.ts'

/** The two languages servers speak: Anthropic's Messages (Ollama does) and OpenAI's chat completions (most do). */
export const LocalWire = z.enum(['messages', 'chat'])
export type LocalWire = z.infer<typeof LocalWire>

export const LocalSettings = z.strictObject({
  role: Role,
  /** The gate with its path, without a trailing slash; `/v1/messages` comes after it. */
  baseUrl: z.string(),
  model: z.string(),
  /** null: found out by trying. */
  wire: LocalWire.nullable(),
  /** Tokens the model can hold, where the operator says so; null: the server is asked. */
  contextTokens: z.int().positive().nullable(),
  /** JSON schema of the wanted answer, or null: words. */
  schema: z.record(z.string(), z.unknown()).nullable(),
  /** Folder of the operator's messages; null: there are none for this role. */
  inbox: z.string().nullable(),
  /** Folder of the conversation files, one for each session. */
  sessions: z.string(),
})
export type LocalSettings = z.infer<typeof LocalSettings>

/** The environment variable that holds the gate's token; the model's commands never see it. */
export const tokenVariable = 'AGENTLAB_GATE_TOKEN'

export interface Bounds {
  /** Answers of the model. */
  turns: number
  /** Of everything the model says. */
  outputBytes: number
  timeMs: number
  /** Remarks on answers that led nowhere, in all. */
  nudges: number
}

export const bounds: Bounds = { turns: 150, outputBytes: 8 * 1024 * 1024, timeMs: 3 * 60 * 60_000, nudges: 3 }
