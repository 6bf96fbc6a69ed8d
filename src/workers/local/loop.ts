/** The loop itself: ask, carry out what was called, tell, until the model answers without a call or a bound is met. */
import { type Usage, unmeasured } from '../../domain/attempt.ts'
import { cleanLine } from '../../domain/text.ts'
import type { WorkerEvent } from '../../domain/worker-event.ts'
import type { Message } from '../message.ts'
import { clipOutput, describeInput } from '../stream.ts'
import { meaningOf } from './answer.ts'
import { type Asking, Endless, Overflow, Repeating } from './asker.ts'
import { callInProse, type Understood, understand } from './calls.ts'
import { type Closing, Ended, type EndReason } from './closing.ts'
import { calm, type Guard, guard } from './guardrails.ts'
import { answerTokens, bytesOf, type Capacity, firstPerByte, isCut, isDropping, type Taken } from './room.ts'
import type { Session } from './session.ts'
import type { Bounds } from './settings.ts'
import type { Outcome, Place, ToolSpec } from './tools/tool.ts'
import { carryOut, toolNamed } from './tools/toolbox.ts'
import { makeRoom } from './trim.ts'
import type { Result, Turn } from './turns.ts'
import type { RawCall, Reply } from './wire/wire.ts'
import { note, notes } from './words.ts'

export interface Parts {
  system: string
  specs: readonly ToolSpec[]
  schema: Record<string, unknown> | null
  asking: Asking
  session: Session
  place: Place
  capacity: Capacity
  /** What the operator has said so far; asked before each question and before the end. */
  mail: () => Promise<readonly Message[]>
  /** Asked once the model is loaded, when the server knows best; null: nothing new. */
  learnContext: () => Promise<number | null>
  bounds: Bounds
  emit: (event: WorkerEvent) => void
  /** Milliseconds. */
  clock: () => number
  /** Bytes the model has said. */
  saidBytes: () => number
}

/** The last turn is nobody's but the model's to answer. Never throws for what model, server and tools do. */
export const converse = async (parts: Parts, turns: readonly Turn[]): Promise<Closing> => {
  const loop = createLoop(parts, turns)
  try {
    return { type: 'closed', end: 'answered', ...(await loop.run()), usage: loop.usage() }
  } catch (error) {
    if (!(error instanceof Ended)) throw error
    const { reason, message, retryInMs } = error
    return { type: 'closed', end: 'failed', reason, detail: cleanLine(message, 500), retryInMs, usage: loop.usage() }
  }
}

interface Answered {
  text: string
  structured?: unknown
}

const createLoop = (parts: Parts, before: readonly Turn[]) => {
  const { bounds, emit, session } = parts
  const startedAt = parts.clock()
  const { signal } = new AbortController()
  let turns = before
  let capacity = parts.capacity
  let usage: Usage = unmeasured
  let guarded: Guard = calm
  let taken: Taken | null = null
  const told = new Set<string>()
  let [nudges, shapes, overflows, calls] = [0, 0, 0, 0]

  const add = async (turn: Turn): Promise<void> => {
    turns = [...turns, turn]
    await session.append(turn)
  }

  /** What has come since, each once: the conversation itself remembers which. True where there was any. */
  const takeMail = async (): Promise<boolean> => {
    const before = turns
    for (const { id, text, isTold } of await parts.mail()) {
      const isKnown = turns.some(turn => turn.kind === 'operator' && turn.id === id)
      if (!isKnown) await add({ kind: 'operator', id, text: notes.operator(text) })
      if (!told.has(id) && !(isKnown && isTold)) emit({ type: 'steered', id, text })
      told.add(id)
    }
    // With the operator's word a repetition is a new try.
    if (turns !== before) guarded = calm
    return turns !== before
  }

  const shorten = async (): Promise<void> => {
    const fitting = await makeRoom(turns, capacity, parts.asking, signal)
    if (fitting === turns) return
    turns = fitting
    emit({ type: 'notice', text: 'the conversation was shortened to fit into the model' })
    await session.replace(fitting)
  }

  /** One answer; null: there was none, and a note says why. */
  const ask = async (): Promise<Reply | null> => {
    await shorten()
    const maxTokens = answerTokens(capacity)
    try {
      const reply = await parts.asking({ system: parts.system, turns, tools: parts.specs, maxTokens, signal })
      await learn(reply)
      return reply
    } catch (error) {
      if (error instanceof Repeating) await nudge(notes.repetition, 'repetition')
      else if (error instanceof Endless) await nudge(notes.cutOff, 'output')
      else if (error instanceof Overflow) await shrink(error)
      else throw error
      return null
    }
  }

  /** The server's own word on what it can hold is below what was believed. */
  const shrink = async (error: Overflow): Promise<void> => {
    if (overflows++ >= 2) throw new Ended('context', `the conversation does not fit into the model: ${error.message}`)
    const sent = (bytesOf(turns) + capacity.fixedBytes) * capacity.perByte
    capacity = { ...capacity, context: Math.floor(Math.min(capacity.context ?? Number.POSITIVE_INFINITY, sent) * 0.7) }
    await add({ kind: 'note', text: note(notes.outgrown) })
  }

  const learn = async (reply: Reply): Promise<void> => {
    const isFirst = usage === unmeasured
    usage = isFirst ? reply.usage : summed(usage, reply.usage)
    const bytes = bytesOf(turns) + capacity.fixedBytes
    if (reply.usage.input !== null && bytes > 0)
      capacity = { ...capacity, perByte: Math.max(capacity.perByte, Math.min(1, reply.usage.input / bytes)) }
    if (reply.usage.input !== null) hearCount({ bytes, tokens: reply.usage.input })
    const loaded = isFirst ? await parts.learnContext() : null
    if (loaded !== null) capacity = { ...capacity, context: loaded }
    if (isFirst && isCut({ bytes, tokens: reply.usage.input }, capacity.context))
      throw new Ended('context', cutWords(Math.ceil(bytes * firstPerByte), reply.usage.input, capacity.context))
  }

  /** The statement stands at the beginning, which is what a server drops: it has to stay below what is dropped. */
  const hearCount = (now: Taken): void => {
    if (taken !== null && isDropping(taken, now)) {
      capacity = { ...capacity, context: Math.min(capacity.context ?? Number.POSITIVE_INFINITY, now.tokens) }
      emit({
        type: 'notice',
        text: `the server drops what is longer than ${now.tokens} tokens, without a word; the conversation is kept below that`,
      })
    }
    taken = now
  }

  const nudge = async (text: string, reason: EndReason): Promise<void> => {
    if (nudges++ >= bounds.nudges || (reason === 'shape' && shapes++ >= 1))
      throw new Ended(reason, endWords[reason] ?? reason)
    emit({ type: 'notice', text: cleanLine(text, 300) })
    await add({ kind: 'note', text: note(text) })
  }

  const hold = (): void => {
    if (parts.clock() - startedAt > bounds.timeMs) throw new Ended('time', 'it worked for longer than it may')
    if (parts.saidBytes() > bounds.outputBytes) throw new Ended('output', 'the model said more than it may')
  }

  const one = async (call: Understood): Promise<Result> => {
    calls++
    const { id, name, input } = call.call
    emit({ type: 'tool.started', id, tool: name, input: describeInput(input) })
    const outcome: Outcome = call.ok
      ? await carryOut(call.call, parts.place)
      : { ok: false, exitCode: null, text: call.reason }
    emit({ type: 'tool.finished', id, ok: outcome.ok, exitCode: outcome.exitCode, output: clipOutput(outcome.text) })
    const step = {
      tool: name,
      kind: toolNamed(name)?.kind ?? 'reads',
      input: JSON.stringify(input),
      output: outcome.text,
      ok: outcome.ok,
    }
    const judged = guard(guarded, step)
    guarded = judged.guard
    if (judged.verdict.kind === 'stop') throw new Ended('noProgress', `it went in circles: ${judged.verdict.why}`)
    const remarks = [
      ...(call.ok && call.mended.length > 0 ? [notes.mended(call.mended)] : []),
      ...(judged.verdict.kind === 'warn' ? [notes.guard(judged.verdict.why)] : []),
    ]
    return { id, ok: outcome.ok, text: [outcome.text, ...remarks].join('\n') }
  }

  const carryOutAll = async (text: string, understood: readonly Understood[]): Promise<void> => {
    await add({ kind: 'answer', text, calls: understood.map(({ call }) => call) })
    const results: Result[] = []
    for (const call of understood) results.push(await one(call))
    await add({ kind: 'results', results })
  }

  const settle = async (reply: Reply): Promise<Answered | null> => {
    const heard = { text: reply.text, isCut: reply.stop === 'length', schema: parts.schema, hasCalled: calls > 0 }
    const meaning = meaningOf(heard)
    if (meaning.kind === 'nudge' && meaning.reason === 'talk' && calls > 0 && nudges >= bounds.nudges)
      return { text: reply.text }
    if (reply.text.trim() !== '') await add({ kind: 'answer', text: reply.text, calls: [] })
    if (meaning.kind === 'done') return meaning
    await nudge(meaning.note, meaning.reason)
    return null
  }

  const run = async (): Promise<Answered> => {
    for (let turn = 0; turn < bounds.turns; turn++) {
      hold()
      await takeMail()
      const reply = await ask()
      if (reply === null) continue
      if (reply.stop === 'refusal') throw new Ended('refused', 'the model declined to answer')
      if (reply.thinking.trim() !== '') emit({ type: 'thinking', text: reply.thinking })
      if (reply.text.trim() !== '') emit({ type: 'text', text: reply.text })
      const understood = understoodOf(reply, parts, turn)
      if (understood.length > 0) await carryOutAll(reply.text, understood)
      else {
        const answered = await settle(reply)
        if (answered !== null && !(await takeMail())) return answered
      }
    }
    throw new Ended('turns', `it took more than ${bounds.turns} turns`)
  }

  return { run, usage: () => usage }
}

/** The calls of an answer; where there is none, the one it wrote into its text instead, unless that is the answer. */
const understoodOf = (reply: Reply, { specs, schema }: Parts, turn: number): Understood[] => {
  const named = (call: RawCall, at: number): RawCall => ({ ...call, id: call.id || `call_${turn + 1}_${at + 1}` })
  if (reply.calls.length > 0) return reply.calls.map(named).map(call => understand(call, specs))
  const isAnswer =
    schema !== null && meaningOf({ text: reply.text, isCut: false, schema, hasCalled: true }).kind === 'done'
  const written = isAnswer ? null : callInProse(reply.text, specs)
  if (written === null) return []
  const understood = understand(named({ id: '', ...written }, 0), specs)
  return [understood.ok ? { ...understood, mended: [...understood.mended, 'the call stood in your text'] } : understood]
}

/** An answer to half a task is worth nothing, however good it looks. */
const cutWords = (sent: number, counted: number | null, context: number | null): string =>
  `the server dropped part of what it was asked, without a word: about ${sent} tokens were sent, it ${counted === null ? 'does not say how many it read' : `read ${counted}`}${context === null ? '' : ` and holds ${context}`}. Give the model a larger context there (Ollama: OLLAMA_CONTEXT_LENGTH=65536 ollama serve, or PARAMETER num_ctx in its Modelfile), or cut the task`

const endWords: Partial<Record<EndReason, string>> = {
  empty: 'the model gave no answer',
  talk: 'the model described what it would do and called no tool',
  shape: "the model's answer did not fit the schema it was given, twice",
  repetition: 'the model said the same thing without end',
  output: 'the answer was cut off at the limit of one answer, again and again',
}

const summed = (a: Usage, b: Usage): Usage => {
  const plus = (x: number | null, y: number | null): number | null => (x === null || y === null ? null : x + y)
  return { input: plus(a.input, b.input), cached: plus(a.cached, b.cached), output: plus(a.output, b.output) }
}
