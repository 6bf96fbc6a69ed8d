/**
 * Ollama's own API, `/api/chat` and `/api/generate`: lines of JSON, streamed unless `stream` is false. Source: docs/api.md
 * of ollama/ollama; `thinking` and `tool_name` as its pages on thinking and tool calling have them.
 */
import { z } from 'zod'
import { isSummaryRequest } from '../../domain/loop-notes.ts'
import { callsNoted, exitCodeTold, type PastCall, tokensOf } from '../conversation.ts'
import { pieces, type Reply } from '../reply.ts'
import { type Answer, argumentsOf, json, parsedArguments, type Wire, type WireRequest } from './wire.ts'

const Call = z.looseObject({
  function: z.looseObject({ name: z.string(), arguments: z.record(z.string(), z.unknown()) }),
})
const Format = z.union([z.literal('json'), z.literal(''), z.record(z.string(), z.unknown())]).nullish()
const common = {
  model: z.string(),
  stream: z.boolean().optional(),
  format: Format,
  think: z.union([z.boolean(), z.enum(['low', 'medium', 'high'])]).nullish(),
  options: z.record(z.string(), z.unknown()).nullish(),
}
const ChatRequest = z.looseObject({
  ...common,
  messages: z
    .array(z.looseObject({ role: z.string(), content: z.string().default(''), tool_calls: z.array(Call).nullish() }))
    .default([]),
  tools: z.array(z.looseObject({ function: z.looseObject({ name: z.string() }) })).nullish(),
})
const GenerateRequest = z.looseObject({ ...common, prompt: z.string().default(''), system: z.string().optional() })

const isGenerate = ({ url }: WireRequest): boolean => url.startsWith('/api/generate')

const read: Wire['read'] = (body, request) => (isGenerate(request) ? readGenerate : readChat)(body, request)

const readChat: Wire['read'] = (body, { bytes }) => {
  const request = ChatRequest.parse(body)
  const texts: string[] = []
  let calls: (PastCall & { id: string })[] = []
  for (const { role, content, tool_calls } of request.messages) {
    const noted = role === 'user' ? callsNoted(content) : null
    if (noted !== null) calls.push(...noted)
    else if (role === 'user') {
      texts.push(content)
      calls = []
    } else if (role === 'tool') {
      // Results carry no id: they come in the order of their calls.
      const call = calls.find(({ output }) => output === null)
      if (call) Object.assign(call, exitCodeTold(content))
    }
    for (const { function: called } of tool_calls ?? [])
      calls.push({ id: '', name: called.name, input: called.arguments, output: null, failed: false, exitCode: null })
  }
  const earlier = bytes - JSON.stringify(request.messages.slice(-2)).length
  return {
    ...settingsOf(request),
    tools: (request.tools ?? []).map(tool => ({ name: tool.function.name, form: 'json' as const })),
    calls,
    userText: texts.join('\n'),
    side: request.messages.some(({ content }) => isSummaryRequest(content)) ? { schema: null } : false,
    inputTokens: tokensOf(bytes),
    cachedTokens: request.messages.length < 3 ? 0 : tokensOf(Math.max(0, earlier)),
  }
}

const readGenerate: Wire['read'] = (body, { bytes }) => {
  const request = GenerateRequest.parse(body)
  const about = { tools: [], calls: [], userText: request.prompt, side: false as const }
  return { ...settingsOf(request), ...about, inputTokens: tokensOf(bytes), cachedTokens: 0 }
}

const settingsOf = ({ model, stream, think }: Pick<z.output<typeof ChatRequest>, 'model' | 'stream' | 'think'>) => ({
  model,
  stream: stream !== false,
  cwd: null,
  answerTool: null,
  thinking: think !== undefined && think !== null && think !== false,
})

/** Nanoseconds, made up from the tokens as a machine of 50 tokens a second would take them. */
const nanoseconds = (tokens: number): number => tokens * 20_000_000

const countsOf = ({ inputTokens, outputTokens, stop }: Reply) => ({
  done: true,
  done_reason: stop === 'outOfTokens' ? 'length' : 'stop',
  total_duration: nanoseconds(inputTokens + outputTokens),
  load_duration: 1_000_000,
  prompt_eval_count: inputTokens,
  prompt_eval_duration: nanoseconds(inputTokens),
  eval_count: outputTokens,
  eval_duration: nanoseconds(outputTokens),
})

const write: Wire['write'] = (reply, request, stream) => {
  const head = { model: reply.model, created_at: '2025-01-01T00:00:00Z' }
  const saying = isGenerate(request) ? inGenerate : inChat
  const tool_calls = isGenerate(request) ? [] : callsOf(reply)
  if (!stream) return json({ ...head, ...saying(reply.text, reply.think, tool_calls), ...countsOf(reply) })
  const parts = [
    ...pieces(reply.think ?? '').map(thinking => saying('', thinking, [])),
    ...pieces(reply.text).map(text => saying(text, null, [])),
    ...(tool_calls.length === 0 ? [] : [saying('', null, tool_calls)]),
  ]
  return ndjson([
    ...parts.map(part => ({ ...head, ...part, done: false })),
    { ...head, ...saying('', null, []), ...countsOf(reply) },
  ])
}

const inGenerate = (response: string, thinking: string | null) => ({
  response,
  ...(thinking === null ? {} : { thinking }),
})

const inChat = (content: string, thinking: string | null, tool_calls: unknown[]) => ({
  message: {
    role: 'assistant',
    content,
    ...(thinking === null ? {} : { thinking }),
    ...(tool_calls.length === 0 ? {} : { tool_calls }),
  },
})

/** Ollama parses what the model wrote: arguments are an object, or there is no call. */
const callsOf = ({ calls }: Reply) =>
  calls.map(({ name, input }, index) => {
    const given = parsedArguments(argumentsOf(input))
    return { function: { index, name, arguments: typeof given === 'object' && given !== null ? given : {} } }
  })

const ndjson = (lines: unknown[]): Answer => ({
  contentType: 'application/x-ndjson',
  body: lines.map(line => `${JSON.stringify(line)}\n`).join(''),
})

export const ollama: Wire = {
  read,
  write,
  count: tokens => json({ prompt_eval_count: tokens }),
  error: (_status, message) => json({ error: message }),
}
