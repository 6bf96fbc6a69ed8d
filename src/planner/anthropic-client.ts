/**
 * Asks Anthropic's API for one structured answer, through AgentLab's gateway. For API
 * keys only: a subscription's token serves its vendor's own CLI and never comes here.
 */
import Anthropic, { APIConnectionError, APIConnectionTimeoutError, APIError } from '@anthropic-ai/sdk'
import type { FailureClass } from '../domain/attempt.ts'
import { cleanLine } from '../domain/text.ts'
import type { PlannerReply } from './make-plan.ts'

export interface AnthropicQuestion {
  /** The gateway's origin with Anthropic's prefix, without a trailing slash. */
  baseUrl: string
  /** The gateway's token of this attempt; the gateway puts the real key in. */
  token: string
  model: string
  prompt: string
  /** JSON schema of the wanted answer. */
  schema: Record<string, unknown>
  /** For the whole question, its one retry included. */
  timeoutMs: number
  maxTokens: number
  signal?: AbortSignal
}

/**
 * One question, at most one retry by the SDK, answered in the schema's format (a tool that must be called is refused by
 * the newer models). The answer is text that is still to be read. Never throws for what the provider or network does.
 */
export const askAnthropic = async (question: AnthropicQuestion): Promise<PlannerReply> => {
  const deadline = AbortSignal.timeout(question.timeoutMs)
  const client = new Anthropic({
    baseURL: question.baseUrl,
    apiKey: question.token,
    maxRetries: 1,
    timeout: question.timeoutMs,
    logLevel: 'off',
    fetch: (url, init) => fetch(url, { ...init, headers: knownHeaders(init?.headers) }),
  })
  try {
    const message = await client.messages.create(
      {
        model: question.model,
        max_tokens: question.maxTokens,
        messages: [{ role: 'user', content: question.prompt }],
        output_config: { format: { type: 'json_schema', schema: question.schema } },
      },
      { signal: question.signal === undefined ? deadline : AbortSignal.any([deadline, question.signal]) },
    )
    return readMessage(message)
  } catch (error) {
    if (deadline.aborted)
      return { failed: 'timedOut', retryAt: null, detail: `no answer within ${question.timeoutMs} ms` }
    if (question.signal?.aborted) return { failed: 'interrupted', retryAt: null, detail: 'stopped' }
    return failureOf(error)
  }
}

const sent = /^(?:accept|content-type|authorization|anthropic-(?:version|beta)|user-agent|x-stainless-.*)$/i

/** The SDK adds headers named in the operator's environment (ANTHROPIC_CUSTOM_HEADERS); they stay here. */
const knownHeaders = (headers: ConstructorParameters<typeof Headers>[0]): Headers =>
  new Headers([...new Headers(headers)].filter(([name]) => sent.test(name)))

const failed = (failure: FailureClass, detail: string, retryAt: number | null = null): PlannerReply => ({
  failed: failure,
  retryAt,
  detail: cleanLine(detail, 500),
})

const readMessage = (message: Anthropic.Message): PlannerReply => {
  if (!Array.isArray(message?.content)) return failed('malformed', "the provider's answer is not a message")
  if (message.stop_reason === 'refusal') return failed('refused', 'the model declined to answer')
  if (message.stop_reason === 'max_tokens') return failed('malformed', 'the answer was cut off at the token limit')
  const text = message.content.flatMap(block => (block.type === 'text' ? [block.text] : [])).join('')
  return text.trim() === '' ? failed('malformed', 'the model gave no answer') : { answer: text }
}

const failureOf = (error: unknown): PlannerReply => {
  if (error instanceof APIConnectionTimeoutError) return failed('timedOut', error.message)
  if (error instanceof APIConnectionError) return failed('network', `${error.message} ${causeOf(error)}`)
  if (error instanceof APIError && typeof error.status === 'number') {
    return failed(classOf(error.status, error.message), error.message, retryAtOf(error.headers))
  }
  if (error instanceof SyntaxError) return failed('malformed', `the provider's answer is not JSON: ${error.message}`)
  // The SDK lets undici's errors through when a body breaks off.
  if (error instanceof TypeError) return failed('network', `${error.message} ${causeOf(error)}`)
  if (error instanceof APIError) return failed('malformed', error.message)
  throw error
}

const causeOf = (error: Error): string => (error.cause instanceof Error ? error.cause.message : '')

const classOf = (status: number, message: string): FailureClass => {
  if (/agentlab_limit|AgentLab: .*\blimit\b/i.test(message)) return 'limit'
  if ([401, 402, 403, 404].includes(status)) return 'auth'
  if (status === 429) return 'rateLimit'
  if (status === 408) return 'timedOut'
  return status >= 500 ? 'overloaded' : 'malformed'
}

/** `retry-after` in seconds or as a date; epoch milliseconds, or null. */
const retryAtOf = (headers: Headers | undefined): number | null => {
  const value = headers?.get('retry-after')
  if (value === null || value === undefined || value.trim() === '') return null
  const seconds = Number(value)
  const at = Number.isFinite(seconds) ? Date.now() + seconds * 1_000 : Date.parse(value)
  return Number.isFinite(at) ? Math.round(at) : null
}
