/** Google's generateContent, as Gemini CLI speaks it. */
import { z } from 'zod'
import { type Conversation, type PastCall, tokensOf } from '../conversation.ts'
import { callSeed, pieces, type StopReason } from '../reply.ts'
import { eventStream, json, type Wire } from './wire.ts'

const Part = z.looseObject({
  text: z.string().optional(),
  thought: z.boolean().optional(),
  functionCall: z.looseObject({ id: z.string().optional(), name: z.string(), args: z.unknown().optional() }).optional(),
  functionResponse: z
    .looseObject({ id: z.string().optional(), name: z.string(), response: z.unknown().optional() })
    .optional(),
})
const Request = z.looseObject({
  contents: z.array(z.looseObject({ role: z.string().optional(), parts: z.array(Part) })),
  tools: z
    .array(z.looseObject({ functionDeclarations: z.array(z.looseObject({ name: z.string() })).optional() }))
    .optional(),
  generationConfig: z
    .looseObject({
      responseMimeType: z.string().optional(),
      responseSchema: z.unknown().optional(),
      responseJsonSchema: z.unknown().optional(),
      thinkingConfig: z.looseObject({ includeThoughts: z.boolean().optional() }).optional(),
    })
    .optional(),
})
type Request = z.output<typeof Request>

/** Texts Gemini CLI puts in by itself; they do not begin a new turn of the script. */
const injected = /^\s*(?:<session_context>|(?:System: )?Please continue\.$)/

const read: Wire['read'] = (body, { url, userAgent, bytes }) => {
  const request = Request.parse(body)
  const texts: string[] = []
  let calls: (PastCall & { id: string | undefined })[] = []
  for (const { role, parts } of request.contents) {
    for (const { text, functionCall, functionResponse } of parts) {
      if (role !== 'model' && text !== undefined && !injected.test(text)) {
        texts.push(text)
        calls = []
      } else if (role === 'model' && functionCall) {
        const { id, name, args } = functionCall
        calls.push({ id, name, input: args, output: null, failed: false, exitCode: null })
      } else if (functionResponse) {
        const { id, name, response } = functionResponse
        const call = calls.findLast(past => (id === undefined ? past.name === name : past.id === id))
        if (call) Object.assign(call, resultOf(response))
      }
    }
  }
  const first = request.contents[0]?.parts.map(part => part.text ?? '').join('\n') ?? ''
  const hasHistory = request.contents.some(({ role }) => role === 'model')
  const model = /\/models\/([^:/?]+):/.exec(url)?.[1] ?? 'unknown'
  return {
    model,
    stream: url.includes(':streamGenerateContent'),
    tools: (request.tools ?? [])
      .flatMap(tool => tool.functionDeclarations ?? [])
      .map(({ name }) => ({ name, form: 'json' as const })),
    calls,
    userText: texts.join('\n'),
    cwd: /Workspace Director(?:y|ies):\*{0,2}\s*\n\s*- (.+)/.exec(first)?.[1] ?? null,
    answerTool: null,
    side: sideOf(request, userAgent),
    thinking: request.generationConfig?.thinkingConfig?.includeThoughts === true,
    inputTokens: tokensOf(bytes),
    cachedTokens: hasHistory ? tokensOf(Math.max(0, bytes - JSON.stringify(request.contents.slice(-2)).length)) : 0,
  }
}

/** Next-speaker checks, loop checks, summaries: requests of the CLI without tools. */
const sideOf = ({ tools = [], generationConfig }: Request, userAgent: string): Conversation['side'] => {
  if (!userAgent.startsWith('GeminiCLI') || tools.length > 0) return false
  return { schema: generationConfig?.responseJsonSchema ?? generationConfig?.responseSchema ?? null }
}

const resultOf = (response: unknown): Omit<PastCall, 'name' | 'input'> => {
  const { output, error } = (response ?? {}) as { output?: unknown; error?: unknown }
  const text = typeof error === 'string' ? error : typeof output === 'string' ? output : JSON.stringify(response)
  const code = /^Exit Code: (\d+)/m.exec(text)?.[1]
  const failed = typeof error === 'string'
  return { output: text, failed, exitCode: code === undefined ? (failed ? null : 0) : Number(code) }
}

const finishReason: Record<StopReason, string> = {
  end: 'STOP',
  toolUse: 'STOP',
  refusal: 'SAFETY',
  outOfTokens: 'MAX_TOKENS',
}

const write: Wire['write'] = (reply, request, stream) => {
  const parts = [
    ...(reply.think === null ? [] : [{ text: reply.think, thought: true }]),
    ...(stream ? pieces(reply.text) : [reply.text].filter(Boolean)).map(text => ({ text })),
    ...reply.calls.map(({ name, input }, index) => ({
      functionCall: { id: `call-${callSeed(reply.seed, index)}`, name, args: input },
    })),
  ]
  const thoughts = reply.think === null ? 0 : tokensOf(reply.think.length)
  const usageMetadata = {
    promptTokenCount: reply.inputTokens,
    cachedContentTokenCount: reply.cachedTokens,
    candidatesTokenCount: Math.max(0, reply.outputTokens - thoughts),
    thoughtsTokenCount: thoughts,
    totalTokenCount: reply.inputTokens + reply.outputTokens,
  }
  const about = { modelVersion: reply.model, responseId: reply.seed }
  const candidate = (some: unknown[]) => ({ content: { role: 'model', parts: some }, index: 0 })
  const last = { candidates: [{ ...candidate([]), finishReason: finishReason[reply.stop] }], usageMetadata, ...about }
  if (!stream) return json({ ...last, candidates: [{ ...last.candidates[0], ...candidate(parts) }] })
  const chunks = [...parts.map(part => ({ candidates: [candidate([part])], ...about })), last]
  if (!request.url.includes('alt=sse')) return json(chunks)
  return eventStream(chunks.map(data => ({ data })))
}

const statusName: Record<number, string> = {
  400: 'INVALID_ARGUMENT',
  401: 'UNAUTHENTICATED',
  403: 'PERMISSION_DENIED',
  404: 'NOT_FOUND',
  429: 'RESOURCE_EXHAUSTED',
  500: 'INTERNAL',
  503: 'UNAVAILABLE',
}

export const gemini: Wire = {
  read,
  write,
  count: tokens => json({ totalTokens: tokens }),
  error: (code, message, retryAfterS) => {
    const retry = { '@type': 'type.googleapis.com/google.rpc.RetryInfo', retryDelay: `${retryAfterS ?? 0}s` }
    const details = retryAfterS === null ? {} : { details: [retry] }
    return json({ error: { code, message, status: statusName[code] ?? 'UNKNOWN', ...details } })
  },
}
