/**
 * Keeps a conversation within what its model can hold. Prompts are never cut, a call is never parted from its result:
 * old results are shortened first, then the oldest rounds give way to a summary. Pure.
 */
import { callsInNote, summaryHead } from '../../domain/loop-notes.ts'
import { clipMiddle } from '../../domain/text.ts'
import { callsOf, isKept, type Turn } from './turns.ts'

export interface Capacity {
  /** Tokens the model can hold; null: not known. */
  context: number | null
  /** Tokens a byte is, as far as the server's counts have told. */
  perByte: number
  /** Bytes of system prompt and tools, which go with every request. */
  fixedBytes: number
}

/** Before any count is known: code has fewer bytes a token than prose. */
export const firstPerByte = 1 / 3

/** Believed where nobody says: the smallest that is any use to an agent. Nothing is refused for it. */
const assumedContext = 16_384

/** Tokens of one answer: a quarter of the model, within bounds. */
export const answerTokens = ({ context }: Capacity): number =>
  Math.min(8_192, Math.max(512, Math.floor((context ?? assumedContext) / 4)))

export const bytesOf = (turns: readonly Turn[]): number => turns.reduce((sum, turn) => sum + turnBytes(turn), 0)

const known = new WeakMap<Turn, number>()

/** Turns never change, so each is written out once. */
const turnBytes = (turn: Turn): number => {
  const bytes = known.get(turn) ?? Buffer.byteLength(JSON.stringify(turn))
  known.set(turn, bytes)
  return bytes
}

export const tokensFor = (turns: readonly Turn[], { perByte, fixedBytes }: Capacity): number =>
  Math.ceil((bytesOf(turns) + fixedBytes) * perByte)

/** Tokens that a question may have. */
export const roomFor = (capacity: Capacity): number => (capacity.context ?? assumedContext) - answerTokens(capacity)

export const isFitting = (turns: readonly Turn[], capacity: Capacity): boolean =>
  tokensFor(turns, capacity) <= roomFor(capacity)

/** What one question took: bytes as we sent them, tokens as the server counted them. */
export interface Taken {
  bytes: number
  tokens: number
}

/** No server is set up for less; smaller counts are no counts. */
const leastContext = 2_000

/**
 * Whether a server drops what is too long without a word, as Ollama does: a question grew by a quarter or more, and its
 * count stayed. One that falls by more counts something else, such as what it had not kept from the last question.
 */
export const isDropping = (before: Taken, now: Taken): boolean =>
  now.bytes >= before.bytes * 1.25 &&
  now.tokens >= Math.max(leastContext, before.tokens * 0.9) &&
  now.tokens <= before.tokens * 1.02

/** Bytes a token has at most, in any text worth a task: beyond it some of the text was not counted. */
const fewestTokens = { bytesPerToken: 6, bytesPerCountedToken: 10 }

/**
 * Whether a server can't have read all it was asked the first time: it holds less than the fewest tokens that could be, or
 * counted far less. Ollama cuts so, without a word. `context`: as loaded; null: it does not say.
 */
export const isCut = ({ bytes, tokens }: { bytes: number; tokens: number | null }, context: number | null): boolean =>
  (context !== null && bytes / fewestTokens.bytesPerToken > context) ||
  (tokens !== null && tokens >= leastContext && bytes / tokens > fewestTokens.bytesPerCountedToken)

/** Rounds at the end whose results stay as they are. */
const freshRounds = 2
const shortened = 400

/** Results older than the last rounds, cut to a few lines. */
export const shortenOld = (turns: readonly Turn[], fresh = freshRounds): Turn[] => {
  const rounds = turns.filter(turn => turn.kind === 'results').length
  let seen = 0
  return turns.map(turn => {
    if (turn.kind !== 'results' || seen++ >= rounds - fresh) return turn
    return { ...turn, results: turn.results.map(one => ({ ...one, text: clipMiddle(one.text, shortened) })) }
  })
}

export interface Parted {
  /** Prompts and the operator's words among the old turns, in order. */
  prompts: Turn[]
  /** What a summary is to stand for. */
  old: Turn[]
  /** What stays as it is. */
  recent: Turn[]
}

/** Old and recent, parted where a round begins so that the recent ones take at most half the room; null: nothing is old. */
export const part = (turns: readonly Turn[], capacity: Capacity): Parted | null => {
  const half = roomFor(capacity) / 2 / capacity.perByte
  const starts = turns.flatMap((turn, index) => (turn.kind === 'answer' ? [index] : []))
  const last = starts.at(-1)
  if (last === undefined) return null
  const cut = starts.find(start => bytesOf(turns.slice(start)) <= half) ?? last
  const before = turns.slice(0, cut)
  const old = before.filter(turn => !isKept(turn))
  return old.length === 0 ? null : { prompts: before.filter(isKept), old, recent: turns.slice(cut) }
}

/** Calls a stretch of turns stands for: its own, and those its summaries stand for. */
const standsFor = (turns: readonly Turn[]): number =>
  callsOf(turns) + turns.reduce((sum, turn) => sum + (turn.kind === 'note' ? (callsInNote(turn.text) ?? 0) : 0), 0)

const longestSummary = 4_000

export const joined = ({ prompts, old, recent }: Parted, summary: string): Turn[] => [
  ...prompts,
  { kind: 'note', text: `${summaryHead(standsFor(old))}\n${clipMiddle(summary, longestSummary)}` },
  ...recent,
]

/** The old turns as text for whoever summarises them, at most so many bytes. */
export const rendered = (turns: readonly Turn[], maxBytes: number): string => {
  const lines = turns.flatMap(turn => {
    if (turn.kind === 'results')
      return turn.results.map(({ ok, text }) => `${ok ? 'result' : 'failed'}: ${clipMiddle(text, 800)}`)
    if (turn.kind !== 'answer') return [clipMiddle(turn.text, longestSummary)]
    return [
      ...(turn.text.trim() === '' ? [] : [`said: ${clipMiddle(turn.text, 800)}`]),
      ...turn.calls.map(({ name, input }) => `called ${name} ${clipMiddle(JSON.stringify(input), 400)}`),
    ]
  })
  return clipMiddle(lines.join('\n'), Math.max(500, Math.floor(maxBytes / 2)))
}
