/** The lines of Claude Code's stream-json output, as far as they are read (measured with 2.1.329). */
import { z } from 'zod'
import { type Usage, unmeasured } from '../../domain/attempt.ts'
import { tokens } from '../stream.ts'

const Block = z.object({
  type: z.string(),
  text: z.string().optional(),
  thinking: z.string().optional(),
  id: z.string().optional(),
  name: z.string().optional(),
  input: z.unknown().optional(),
  tool_use_id: z.string().optional(),
  content: z.unknown().optional(),
  is_error: z.boolean().nullish(),
})
export type Block = z.infer<typeof Block>

const System = z.object({
  type: z.literal('system'),
  subtype: z.string(),
  session_id: z.string().optional(),
  model: z.string().optional(),
  error_status: z.number().int().nullish(),
  error: z.string().nullish(),
  retry_delay_ms: z.number().nullish(),
})
export type System = z.infer<typeof System>

const Message = z.object({
  type: z.enum(['assistant', 'user']),
  message: z.object({ model: z.string().optional(), content: z.union([z.string(), z.array(Block)]) }),
  error: z.string().nullish(),
  tool_use_result: z.unknown().optional(),
})
export type Message = z.infer<typeof Message>

const ModelUsage = z.object({
  inputTokens: z.number(),
  outputTokens: z.number(),
  cacheReadInputTokens: z.number().default(0),
  cacheCreationInputTokens: z.number().default(0),
})
const Result = z.object({
  type: z.literal('result'),
  subtype: z.string(),
  is_error: z.boolean(),
  api_error_status: z.number().nullish(),
  result: z.string().nullish(),
  structured_output: z.unknown().optional(),
  stop_reason: z.string().nullish(),
  terminal_reason: z.string().nullish(),
  errors: z.array(z.string()).default([]),
  permission_denials: z.array(z.object({ tool_name: z.string() })).default([]),
  modelUsage: z.record(z.string(), ModelUsage).default({}),
})
export type Result = z.infer<typeof Result>
const RateLimit = z.object({
  type: z.literal('rate_limit_event'),
  rate_limit_info: z.object({ status: z.string(), resetsAt: z.number().nullish() }),
})
export const Line = z.discriminatedUnion('type', [System, Message, Result, RateLimit])

/** Said while it works; worth nothing to a reader. */
export const quietTypes = ['stream_event', 'control_response', 'control_request', 'tool_progress', 'keep_alive']
export const quietSubtypes = ['status', 'hook_started', 'hook_progress', 'hook_response', 'thinking_tokens']

// Made once, as all here: a schema takes longer to make than a line takes to be read.
const Blocks = z.array(Block)
const RanCommand = z.object({ stdout: z.string(), interrupted: z.literal(false) }).passthrough()

/** Of all models a result names, together. */
export const usageOf = (result: Result): Usage => {
  const models = Object.values(result.modelUsage)
  if (models.length === 0) return unmeasured
  const sum = (of: (model: z.infer<typeof ModelUsage>) => number) => tokens(models.reduce((n, m) => n + of(m), 0))
  return {
    input: sum(m => m.inputTokens + m.cacheReadInputTokens + m.cacheCreationInputTokens),
    cached: sum(m => m.cacheReadInputTokens),
    output: sum(m => m.outputTokens),
  }
}

export const textOf = (content: unknown): string => {
  if (typeof content === 'string') return content
  const blocks = Blocks.safeParse(content)
  return blocks.success ? blocks.data.map(block => block.text ?? '').join('\n') : ''
}

/** Exit code of the command a tool result tells of; null where it does not say. `raw` is the CLI's own record of it. */
export const shellExit = (block: Block, raw: unknown): number | null => {
  const stated = /^(?:Error: )?Exit code (\d+)/.exec(textOf(block.content))?.[1]
  if (stated !== undefined) return Number(stated)
  const ran = RanCommand.safeParse(raw)
  // `grep` without a match exits 1, is called a success, and says so in a field of its own.
  const isPlain = ran.success && !ran.data.returnCodeInterpretation && !ran.data.backgroundTaskId
  return block.is_error !== true && isPlain ? 0 : null
}
