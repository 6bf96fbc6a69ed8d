/** Asks the model with patience: tries again what may pass, changes the wire where the server speaks the other one. */
import { count } from '../../domain/measures.ts'
import type { WorkerEvent } from '../../domain/worker-event.ts'
import { classOfStatus } from '../stream.ts'
import { Ended, type EndReason } from './closing.ts'
import { repetitionWatch } from './repetition.ts'
import { bytesOf, firstPerByte } from './room.ts'
import type { LocalWire } from './settings.ts'
import { chatWire } from './wire/chat.ts'
import { messagesWire } from './wire/messages.ts'
import { type Ask, type Question, type Reply, type Server, WireFailure } from './wire/wire.ts'

/** The question is longer than the model can hold: the server's word, whatever was thought. */
export class Overflow extends Error {}
/** The answer repeated itself and was cut off. */
export class Repeating extends Error {}
/** The answer went on past what was asked for and was cut off: the server does not keep to its bound. */
export class Endless extends Error {}

/**
 * Bytes of an answer that is taken for one without end: more than the longest tokens take, and more than anybody says. A
 * server that does not keep to the tokens that were asked for may still have said something.
 */
const longestAnswer = (maxTokens: number): number => Math.max(maxTokens * 16, 2 * 1024 * 1024)

/** Waits between tries; a longer one is the supervisor's to wait out, who holds no place meanwhile. */
const waitsMs = [500, 2_000]
const longestWaitMs = 20_000

export type Asking = (question: Omit<Question, 'onPiece'>) => Promise<Reply>

export interface AskerParts {
  server: Server
  wire: LocalWire | null
  emit(event: WorkerEvent): void
  /** Told what is waited for from now on, so that a silence can be explained; null: nothing. */
  onWaiting(detail: string | null): void
  /** Told the size of each piece that came. */
  onBytes(bytes: number): void
}

/** Throws Ended, Overflow, Repeating or Endless. */
export const createAsker = ({ server, wire, emit, onWaiting, onBytes }: AskerParts): Asking => {
  let speaks: LocalWire = wire ?? 'messages'
  let isSure = wire !== null
  const wires: Record<LocalWire, () => Ask> = { messages: () => messagesWire(server), chat: () => chatWire(server) }
  let ask = wires[speaks]()

  const once = async (question: Omit<Question, 'onPiece'>): Promise<Reply> => {
    const repeats = repetitionWatch()
    let left = longestAnswer(question.maxTokens)
    let hasBegun = false
    const onPiece = (piece: string): void => {
      if (!hasBegun) onWaiting(`more of ${server.model}'s answer, which had begun`)
      hasBegun = true
      const bytes = Buffer.byteLength(piece)
      onBytes(bytes)
      left -= bytes
      if (left < 0) throw new Endless()
      if (repeats(piece)) throw new Repeating()
    }
    const tokens = Math.ceil((bytesOf(question.turns) + Buffer.byteLength(question.system)) * firstPerByte)
    onWaiting(`the first piece of ${server.model}'s answer to about ${count(tokens)} tokens`)
    try {
      const reply = await ask({ ...question, onPiece })
      isSure = true
      return reply
    } catch (error) {
      if (isSure || !(error instanceof WireFailure) || !isUnknownPath(error)) throw error
      isSure = true
      speaks = 'chat'
      ask = wires[speaks]()
      emit({ type: 'notice', text: 'the server does not speak /v1/messages; it is asked through /v1/chat/completions' })
      return await ask({ ...question, onPiece })
    } finally {
      onWaiting(null)
    }
  }

  return async question => {
    for (let tried = 0; ; tried++) {
      try {
        return await once(question)
      } catch (error) {
        if (!(error instanceof WireFailure)) throw error
        if (isOverflow(error)) throw new Overflow(error.message)
        const reason = reasonOf(error)
        const wait = error.retryInMs ?? waitsMs[tried] ?? 0
        const isTransient = reason === 'network' || reason === 'overloaded' || reason === 'rateLimit'
        if (!isTransient || tried >= waitsMs.length || wait > longestWaitMs)
          throw new Ended(reason, detailOf(error, server.model), error.retryInMs)
        emit({ type: 'retry', status: error.status, detail: error.message.slice(0, 300), retryInMs: wait })
        await new Promise(resolve => setTimeout(resolve, wait))
      }
    }
  }
}

/** A path nobody serves, as distinct from a model nobody has, which is a 404 too. */
const isUnknownPath = ({ status, message }: WireFailure): boolean =>
  status === 405 || status === 501 || (status === 404 && !/model/i.test(message))

const isOverflow = ({ status, message }: WireFailure): boolean =>
  status !== null &&
  status !== 429 &&
  /context (?:length|window|size)|exceeds? (?:the )?(?:available |maximum )?context|prompt is too long|too many tokens|n_ctx/i.test(
    message,
  )

const reasonOf = ({ kind, status }: WireFailure): EndReason => {
  if (kind !== 'http' || status === null) return kind === 'network' ? 'network' : 'malformed'
  const found = classOfStatus(status)
  return found === 'auth' || found === 'rateLimit' || found === 'network' || found === 'overloaded'
    ? found
    : 'malformed'
}

/** A missing model is the commonest cause, and has one cure. */
const detailOf = ({ status, message }: WireFailure, model: string): string =>
  status === 404 ? `${message}. If it is Ollama, on its machine: ollama pull ${model}` : message
