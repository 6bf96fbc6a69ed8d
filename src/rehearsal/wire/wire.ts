/** What each provider's wire format must offer to the rehearsal's server. */
import type { Conversation, ToolCall } from '../conversation.ts'
import type { Reply } from '../reply.ts'

/** A whole answer, ready to send. */
export interface Answer {
  contentType: string
  body: string
}

export interface Wire {
  /** Reads a request's body. Throws ZodError when it has not the provider's shape. */
  read(body: unknown, request: WireRequest): Conversation
  write(reply: Reply, request: WireRequest, stream: boolean): Answer
  /** The answer to a request that only counts tokens. */
  count(tokens: number): Answer
  /** An error body, and what it says of its status. */
  error(status: number, message: string, retryAfterS: number | null): Answer
}

export interface WireRequest {
  /** Path without the provider's prefix, with its query: `/v1/messages?beta=true`. */
  url: string
  userAgent: string
  /** Of the body as received. */
  bytes: number
}

/** A call's arguments as text: what is text already goes as it is, JSON or not. */
export const argumentsOf = (input: ToolCall['input']): string =>
  typeof input === 'string' ? input : JSON.stringify(input)

/** A call's arguments read back; what is not JSON stays text. */
export const parsedArguments = (text: unknown): unknown => {
  try {
    return typeof text === 'string' ? JSON.parse(text) : text
  } catch {
    return text
  }
}

export const json = (value: unknown): Answer => ({ contentType: 'application/json', body: JSON.stringify(value) })

/** Server-sent events as text. */
export const eventStream = (events: { type?: string; data: unknown }[]): Answer => ({
  contentType: 'text/event-stream; charset=utf-8',
  body: events.map(({ type, data }) => `${type ? `event: ${type}\n` : ''}data: ${JSON.stringify(data)}\n\n`).join(''),
})
