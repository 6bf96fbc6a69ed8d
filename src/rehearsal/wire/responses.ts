/** OpenAI's Responses API, as Codex speaks it. */
import { z } from 'zod'
import type { ToolCall } from '../conversation.ts'
import { type PastCall, tokensOf } from '../conversation.ts'
import { callSeed, pieces, type Reply } from '../reply.ts'
import { argumentsOf, eventStream, json, parsedArguments, type Wire } from './wire.ts'

const Part = z.looseObject({ type: z.string(), text: z.string().optional() })
const Content = z.union([z.string(), z.array(Part)])
const Item = z.looseObject({
  type: z.string().optional(),
  role: z.string().optional(),
  content: Content.nullish(),
  call_id: z.string().optional(),
  name: z.string().optional(),
  arguments: z.unknown().optional(),
  input: z.unknown().optional(),
  output: z.unknown().optional(),
})
const Request = z.looseObject({
  model: z.string(),
  stream: z.boolean().optional(),
  input: z.union([z.string(), z.array(Item)]),
  tools: z.array(z.looseObject({ type: z.string(), name: z.string().optional() })).optional(),
  reasoning: z.unknown().optional(),
})

/** Context Codex sends in the user's name; it does not begin a new turn of the script. */
const injected = /^\s*(?:<environment_context>|<user_instructions>|# AGENTS\.md instructions|<turn_aborted>|<skill>)/

const callTypes = new Set(['function_call', 'custom_tool_call', 'local_shell_call', 'tool_search_call'])
const outputTypes = new Set(['function_call_output', 'custom_tool_call_output', 'tool_search_output'])

const textOf = (content: z.output<typeof Content> | null | undefined): string =>
  typeof content === 'string' ? content : (content ?? []).map(part => part.text ?? '').join('')

const read: Wire['read'] = (body, { bytes }) => {
  const request = Request.parse(body)
  const items =
    typeof request.input === 'string' ? [Item.parse({ role: 'user', content: request.input })] : request.input
  const texts: string[] = []
  let calls: (PastCall & { id: string })[] = []
  for (const item of items) {
    const text = item.role === 'user' ? textOf(item.content) : ''
    if (text !== '' && !injected.test(text)) {
      texts.push(text)
      calls = []
    } else if (callTypes.has(item.type ?? '')) {
      const input = item.type === 'function_call' ? parsedArguments(item.arguments) : item.input
      calls.push({
        id: item.call_id ?? '',
        name: item.name ?? item.type!,
        input,
        output: null,
        failed: false,
        exitCode: null,
      })
    } else if (outputTypes.has(item.type ?? '')) {
      const call = calls.find(({ id }) => id === item.call_id)
      if (call) Object.assign(call, resultOf(item.output))
    }
  }
  const all = JSON.stringify(items)
  const hasHistory = items.some(item => item.role === 'assistant' || callTypes.has(item.type ?? ''))
  return {
    model: request.model,
    stream: request.stream === true,
    tools: (request.tools ?? []).map(({ type, name }) => ({
      name: name ?? type,
      form: type === 'custom' ? 'freeform' : 'json',
    })),
    calls,
    userText: texts.join('\n'),
    cwd: /<cwd>(.+?)<\/cwd>/.exec(all)?.[1] ?? null,
    answerTool: null,
    side: false,
    thinking: request.reasoning !== undefined && request.reasoning !== null,
    inputTokens: tokensOf(bytes),
    cachedTokens: hasHistory ? tokensOf(Math.max(0, bytes - JSON.stringify(items.slice(-2)).length)) : 0,
  }
}

const resultOf = (value: unknown): Omit<PastCall, 'name' | 'input'> => {
  const output =
    typeof value === 'string'
      ? value
      : Array.isArray(value)
        ? textOf(z.array(Part).catch([]).parse(value))
        : JSON.stringify(value)
  const code = /(?:Process exited with code|^Exit code:|"exit_code":)\s*(\d+)/m.exec(output)?.[1]
  const exitCode = code === undefined ? null : Number(code)
  const refused = /^(?:apply_patch verification failed|Failed to|error:|unsupported)/im.test(output)
  return { output, failed: exitCode === null ? refused : exitCode !== 0, exitCode }
}

type OutputItem = Record<string, unknown> & { type: string; id: string }

const itemsOf = ({ think, text, calls, seed, stop }: Reply): OutputItem[] => {
  const items: OutputItem[] = []
  if (think !== null) {
    const summary = [{ type: 'summary_text', text: think }]
    items.push({ type: 'reasoning', id: `rs_${seed}`, summary, encrypted_content: `rehearsed-${seed}` })
  }
  const status = stop === 'outOfTokens' || stop === 'refusal' ? 'incomplete' : 'completed'
  if (text !== '') {
    const content = [{ type: 'output_text', text, annotations: [] }]
    items.push({ type: 'message', id: `msg_${seed}`, role: 'assistant', status, content })
  }
  return [...items, ...calls.map((call, index) => callItem(call, callSeed(seed, index)))]
}

const callItem = ({ name, form, input }: ToolCall, id: string): OutputItem => {
  const head = { call_id: `call_${id}`, name, status: 'completed' }
  return form === 'freeform'
    ? { type: 'custom_tool_call', id: `ctc_${id}`, ...head, input }
    : { type: 'function_call', id: `fc_${id}`, ...head, arguments: argumentsOf(input) }
}

const responseOf = (reply: Reply) => {
  const incomplete = { outOfTokens: 'max_output_tokens', refusal: 'content_filter', end: null, toolUse: null }[
    reply.stop
  ]
  return {
    id: `resp_${reply.seed}`,
    object: 'response',
    created_at: 0,
    status: incomplete === null ? 'completed' : 'incomplete',
    error: null,
    incomplete_details: incomplete === null ? null : { reason: incomplete },
    model: reply.model,
    output: itemsOf(reply),
    usage: {
      input_tokens: reply.inputTokens,
      input_tokens_details: { cached_tokens: reply.cachedTokens },
      output_tokens: reply.outputTokens,
      output_tokens_details: { reasoning_tokens: reply.think === null ? 0 : tokensOf(reply.think.length) },
      total_tokens: reply.inputTokens + reply.outputTokens,
    },
  }
}

const write: Wire['write'] = (reply, _request, stream) => {
  const response = responseOf(reply)
  if (!stream) return json(response)
  const started = { ...response, status: 'in_progress', incomplete_details: null, output: [], usage: null }
  const events: { type: string; [key: string]: unknown }[] = [
    { type: 'response.created', response: started },
    { type: 'response.in_progress', response: started },
    ...response.output.flatMap(itemEvents),
    { type: `response.${response.status}`, response },
  ]
  return eventStream(
    events.map((event, sequence_number) => ({ type: event.type, data: { ...event, sequence_number } })),
  )
}

const itemEvents = (item: OutputItem, output_index: number): { type: string; [key: string]: unknown }[] => {
  const at = { item_id: item.id, output_index }
  const done = { type: 'response.output_item.done', output_index, item }
  if (item.type !== 'message') {
    return [{ type: 'response.output_item.added', output_index, item: { ...item, status: 'in_progress' } }, done]
  }
  const [part] = item.content as { type: string; text: string }[]
  const deltas = pieces(part!.text).map(delta => ({
    type: 'response.output_text.delta',
    ...at,
    content_index: 0,
    delta,
  }))
  return [
    { type: 'response.output_item.added', output_index, item: { ...item, status: 'in_progress', content: [] } },
    { type: 'response.content_part.added', ...at, content_index: 0, part: { ...part, text: '' } },
    ...deltas,
    { type: 'response.output_text.done', ...at, content_index: 0, text: part!.text },
    { type: 'response.content_part.done', ...at, content_index: 0, part },
    done,
  ]
}

const errorType: Record<number, string> = { 401: 'invalid_request_error', 429: 'rate_limit_exceeded' }

export const responses: Wire = {
  read,
  write,
  count: tokens => json({ object: 'response.input_tokens', input_tokens: tokens }),
  error: (status, message) => {
    const type = errorType[status] ?? (status >= 500 ? 'server_error' : 'invalid_request_error')
    return json({ error: { message, type, param: null, code: null } })
  },
}
