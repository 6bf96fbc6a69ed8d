/** OpenAI's chat completions, as the local loop speaks them with servers that know no other language. */
import { z } from 'zod'
import { isSummaryRequest } from '../../domain/loop-notes.ts'
import { callsNoted, exitCodeTold, type PastCall, tokensOf } from '../conversation.ts'
import { callSeed, pieces, type Reply, type StopReason } from '../reply.ts'
import { argumentsOf, eventStream, json, parsedArguments, type Wire } from './wire.ts'

const Content = z.union([z.string(), z.array(z.looseObject({ text: z.string().optional() }))]).nullish()
const Call = z.looseObject({ id: z.string(), function: z.looseObject({ name: z.string(), arguments: z.string() }) })
const Request = z.looseObject({
  model: z.string(),
  stream: z.boolean().optional(),
  messages: z.array(
    z.looseObject({
      role: z.string(),
      content: Content,
      tool_calls: z.array(Call).nullish(),
      tool_call_id: z.string().optional(),
    }),
  ),
  tools: z.array(z.looseObject({ function: z.looseObject({ name: z.string() }) })).optional(),
})

const textOf = (content: z.output<typeof Content>): string =>
  typeof content === 'string' ? content : (content ?? []).map(part => part.text ?? '').join('')

const read: Wire['read'] = (body, { bytes }) => {
  const request = Request.parse(body)
  const texts: string[] = []
  let calls: (PastCall & { id: string })[] = []
  for (const { role, content, tool_calls, tool_call_id } of request.messages) {
    const text = textOf(content)
    const noted = role === 'user' ? callsNoted(text) : null
    if (noted !== null) calls.push(...noted)
    else if (role === 'user') {
      texts.push(text)
      calls = []
    } else if (role === 'tool') {
      const call = calls.find(({ id }) => id === tool_call_id)
      if (call) Object.assign(call, exitCodeTold(text))
    }
    for (const { id, function: called } of tool_calls ?? [])
      calls.push({
        id,
        name: called.name,
        input: parsedArguments(called.arguments),
        output: null,
        failed: false,
        exitCode: null,
      })
  }
  const earlier = bytes - JSON.stringify(request.messages.slice(-2)).length
  return {
    model: request.model,
    stream: request.stream === true,
    tools: (request.tools ?? []).map(tool => ({ name: tool.function.name, form: 'json' as const })),
    calls,
    userText: texts.join('\n'),
    cwd: null,
    answerTool: null,
    side: request.messages.some(({ content }) => isSummaryRequest(textOf(content))) ? { schema: null } : false,
    thinking: false,
    inputTokens: tokensOf(bytes),
    cachedTokens: request.messages.length < 3 ? 0 : tokensOf(Math.max(0, earlier)),
  }
}

const finishReason: Record<StopReason, string> = {
  end: 'stop',
  toolUse: 'tool_calls',
  refusal: 'content_filter',
  outOfTokens: 'length',
}

const usageOf = ({ inputTokens, cachedTokens, outputTokens }: Reply) => ({
  prompt_tokens: inputTokens,
  completion_tokens: outputTokens,
  total_tokens: inputTokens + outputTokens,
  prompt_tokens_details: { cached_tokens: cachedTokens },
})

const callsOf = ({ calls, seed }: Reply) =>
  calls.map(({ name, input }, index) => ({
    index,
    id: `call_${callSeed(seed, index)}`,
    type: 'function',
    function: { name, arguments: argumentsOf(input) },
  }))

const write: Wire['write'] = (reply, _request, stream) => {
  const head = { id: `chatcmpl-${reply.seed}`, created: 0, model: reply.model }
  const finish = finishReason[reply.stop]
  if (!stream) {
    const message = {
      role: 'assistant',
      content: reply.text,
      ...(reply.think === null ? {} : { reasoning_content: reply.think }),
      tool_calls: callsOf(reply).map(({ index: _, ...call }) => call),
    }
    const choices = [{ index: 0, message, finish_reason: finish }]
    return json({ ...head, object: 'chat.completion', choices, usage: usageOf(reply) })
  }
  const chunk = (delta: unknown, finish_reason: string | null = null) => ({
    ...head,
    object: 'chat.completion.chunk',
    choices: [{ index: 0, delta, finish_reason }],
  })
  const calls = callsOf(reply)
  const { body, contentType } = eventStream(
    [
      chunk({ role: 'assistant', content: '' }),
      ...pieces(reply.think ?? '').map(reasoning_content => chunk({ reasoning_content })),
      ...pieces(reply.text).map(content => chunk({ content })),
      ...(calls.length === 0 ? [] : [chunk({ tool_calls: calls })]),
      chunk({}, finish),
      { ...head, object: 'chat.completion.chunk', choices: [], usage: usageOf(reply) },
    ].map(data => ({ data })),
  )
  return { contentType, body: `${body}data: [DONE]\n\n` }
}

export const chat: Wire = {
  read,
  write,
  count: tokens => json({ tokens }),
  error: (status, message) => {
    const type = status >= 500 ? 'server_error' : 'invalid_request_error'
    return json({ error: { message, type, param: null, code: null } })
  },
}
