/** Anthropic's Messages API, as Claude Code and the official SDK speak it. */
import { z } from 'zod'
import { isSummaryRequest } from '../../domain/loop-notes.ts'
import { type Conversation, callsNoted, type PastCall, tokensOf } from '../conversation.ts'
import { callSeed, pieces, type Reply, type StopReason } from '../reply.ts'
import { argumentsOf, eventStream, json, type Wire } from './wire.ts'

const Text = z.looseObject({ type: z.literal('text'), text: z.string() })
const ToolUse = z.looseObject({
  type: z.literal('tool_use'),
  id: z.string(),
  name: z.string(),
  input: z.unknown().optional(),
})
const ToolResult = z.looseObject({
  type: z.literal('tool_result'),
  tool_use_id: z.string(),
  content: z.union([z.string(), z.array(z.looseObject({ text: z.string().optional() }))]).optional(),
  is_error: z.boolean().optional(),
})
const Block = z.union([Text, ToolUse, ToolResult, z.looseObject({ type: z.string() })])
const Request = z.looseObject({
  model: z.string(),
  max_tokens: z.number().optional(),
  stream: z.boolean().optional(),
  messages: z.array(z.looseObject({ role: z.string(), content: z.union([z.string(), z.array(Block)]) })),
  tools: z.array(z.looseObject({ name: z.string().optional() })).optional(),
  tool_choice: z.looseObject({ type: z.string(), name: z.string().optional() }).optional(),
  thinking: z.looseObject({ type: z.string() }).optional(),
  output_config: z.looseObject({ format: z.looseObject({ schema: z.unknown().optional() }).optional() }).optional(),
})
type Request = z.output<typeof Request>

/** Texts Claude Code puts in by itself; they do not begin a new turn of the script. */
const injected = /^\s*(?:<system-reminder>|\[structured-output-enforce\]|\[Request interrupted)/

const isText = (block: z.output<typeof Block>): block is z.output<typeof Text> => block.type === 'text'
const isToolUse = (block: z.output<typeof Block>): block is z.output<typeof ToolUse> => block.type === 'tool_use'
const isToolResult = (block: z.output<typeof Block>): block is z.output<typeof ToolResult> =>
  block.type === 'tool_result'

const read: Wire['read'] = (body, { userAgent, bytes }) => {
  const request = Request.parse(body)
  const blocks = request.messages.flatMap(({ role, content }) =>
    (typeof content === 'string' ? [{ type: 'text' as const, text: content }] : content).map(block => ({
      role,
      block,
    })),
  )
  const texts: string[] = []
  let calls: (PastCall & { id: string })[] = []
  for (const { role, block } of blocks) {
    const noted = role === 'user' && isText(block) ? callsNoted(block.text) : null
    if (noted !== null) calls.push(...noted)
    else if (role === 'user' && isText(block) && !injected.test(block.text)) {
      texts.push(block.text)
      calls = []
    } else if (isToolUse(block)) {
      calls.push({ id: block.id, name: block.name, input: block.input, output: null, failed: false, exitCode: null })
    } else if (isToolResult(block)) {
      const call = calls.find(({ id }) => id === block.tool_use_id)
      if (call) Object.assign(call, resultOf(block))
    }
  }
  const first = JSON.stringify(request.messages[0] ?? '')
  const cwd = /Primary working directory: (.+?)\\n/.exec(first)?.[1] ?? null
  const earlier = request.messages.length < 2 ? 0 : bytes - JSON.stringify(request.messages.slice(-2)).length
  return {
    model: request.model,
    stream: request.stream === true,
    tools: (request.tools ?? []).flatMap(({ name }) => (name === undefined ? [] : [{ name, form: 'json' as const }])),
    calls,
    userText: texts.join('\n'),
    cwd,
    answerTool: answerTool(request),
    side: sideOf(request, userAgent),
    thinking: request.thinking !== undefined && request.thinking.type !== 'disabled',
    inputTokens: tokensOf(bytes),
    cachedTokens: tokensOf(Math.max(0, earlier)),
  }
}

const answerTool = ({ tools = [], tool_choice }: Request): string | null => {
  if (tools.some(({ name }) => name === 'StructuredOutput')) return 'StructuredOutput'
  return tool_choice?.type === 'tool' ? (tool_choice.name ?? null) : null
}

/** Titles, probes and summaries of the CLI: no tools, a small helper model or a few tokens only. */
const sideOf = (request: Request, userAgent: string): Conversation['side'] => {
  const { model, tools = [], max_tokens, output_config, messages } = request
  const [first] = messages
  if (typeof first?.content === 'string' && isSummaryRequest(first.content)) return { schema: null }
  if (!userAgent.startsWith('claude-cli/') || tools.length > 0) return false
  if (!model.includes('haiku') && (max_tokens ?? 0) > 1024) return false
  return { schema: output_config?.format?.schema ?? null }
}

const resultOf = ({
  content = '',
  is_error = false,
}: z.output<typeof ToolResult>): Omit<PastCall, 'name' | 'input'> => {
  const output = typeof content === 'string' ? content : content.map(part => part.text ?? '').join('')
  const code = /^(?:Error: )?Exit code (\d+)/.exec(output)?.[1]
  return { output, failed: is_error, exitCode: is_error ? (code === undefined ? null : Number(code)) : 0 }
}

const stopReason: Record<StopReason, string> = {
  end: 'end_turn',
  toolUse: 'tool_use',
  refusal: 'refusal',
  outOfTokens: 'max_tokens',
}

const usageOf = ({ inputTokens, cachedTokens, outputTokens }: Reply) => ({
  input_tokens: inputTokens - cachedTokens,
  cache_creation_input_tokens: 0,
  cache_read_input_tokens: cachedTokens,
  output_tokens: outputTokens,
})

const contentOf = ({ think, text, calls, seed }: Reply) => [
  ...(think === null ? [] : [{ type: 'thinking' as const, thinking: think, signature: `rehearsed-${seed}` }]),
  ...(text === '' ? [] : [{ type: 'text' as const, text }]),
  ...calls.map(({ name, input }, index) => ({
    type: 'tool_use' as const,
    id: `toolu_${callSeed(seed, index)}`,
    name,
    input,
  })),
]

const write: Wire['write'] = (reply, _request, stream) => {
  const message = { id: `msg_${reply.seed}`, type: 'message', role: 'assistant', model: reply.model }
  const stop = { stop_reason: stopReason[reply.stop], stop_sequence: null }
  if (!stream) return json({ ...message, content: contentOf(reply), ...stop, usage: usageOf(reply) })
  const start = {
    ...message,
    content: [],
    stop_reason: null,
    stop_sequence: null,
    usage: { ...usageOf(reply), output_tokens: 1 },
  }
  return eventStream(
    [
      { type: 'message_start', message: start },
      { type: 'ping' },
      ...contentOf(reply).flatMap(blockEvents),
      { type: 'message_delta', delta: stop, usage: usageOf(reply) },
      { type: 'message_stop' },
    ].map(data => ({ type: data.type, data })),
  )
}

const blockEvents = (block: ReturnType<typeof contentOf>[number], index: number): { type: string }[] => {
  const start = (content_block: unknown) => ({ type: 'content_block_start', index, content_block })
  const delta = (value: unknown) => ({ type: 'content_block_delta', index, delta: value })
  const stop = { type: 'content_block_stop', index }
  if (block.type === 'text') {
    const deltas = pieces(block.text).map(text => delta({ type: 'text_delta', text }))
    return [start({ type: 'text', text: '' }), ...deltas, stop]
  }
  if (block.type === 'thinking') {
    const deltas = pieces(block.thinking).map(thinking => delta({ type: 'thinking_delta', thinking }))
    const signature = delta({ type: 'signature_delta', signature: block.signature })
    return [start({ type: 'thinking', thinking: '', signature: '' }), ...deltas, signature, stop]
  }
  const deltas = pieces(argumentsOf(block.input)).map(partial_json => delta({ type: 'input_json_delta', partial_json }))
  return [start({ ...block, input: {} }), ...deltas, stop]
}

const errorType: Record<number, string> = {
  400: 'invalid_request_error',
  401: 'authentication_error',
  403: 'permission_error',
  404: 'not_found_error',
  413: 'request_too_large',
  429: 'rate_limit_error',
  529: 'overloaded_error',
}

export const anthropic: Wire = {
  read,
  write,
  count: tokens => json({ input_tokens: tokens }),
  error: (status, message) => json({ type: 'error', error: { type: errorType[status] ?? 'api_error', message } }),
}
