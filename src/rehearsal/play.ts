/** One request in, what to answer out: the scripted model itself. Pure; the same request gets the same answer. */
import { withNulls } from '../domain/json-answer.ts'
import { VerifierAnswer } from '../domain/verdict.ts'
import { type Conversation, commitNamed, type ToolCall, tokensOf } from './conversation.ts'
import { endlessText } from './fault.ts'
import type { Identity } from './identity.ts'
import { describeIdentity } from './identity.ts'
import { type Position, positionOf } from './position.ts'
import type { Reply, StopReason } from './reply.ts'
import type { Scenario } from './scenario.ts'
import { scriptFor } from './script.ts'
import { sampleOf } from './side.ts'
import type { ScriptedVerdict } from './steps.ts'
import { callFor, pollCall } from './tools.ts'
import type { Fault, Turn } from './turns.ts'

export type Played =
  /** `tokensPerS` null: at once. */
  | { kind: 'reply'; reply: Reply; step: number | null; side: boolean; tokensPerS: number | null }
  /** `reply` is what had been said when it went wrong: a dropped stream shows a part of it. */
  | { kind: 'fault'; fault: Fault; reply: Reply; step: number }
  | { kind: 'unscripted'; why: string; step: number | null }

/**
 * `seed` is a digest of the request; `identity` null when the request carries none. `met` tells how many faults that pass
 * were met before at a step of this script: the one thing that does not follow from the request.
 */
export const play = (
  scenario: Scenario,
  identity: Identity | null,
  conversation: Conversation,
  seed: string,
  met: (step: number) => number = () => 0,
): Played => {
  if (conversation.side) {
    const text = conversation.side.schema === null ? 'ok' : JSON.stringify(sampleOf(conversation.side.schema))
    return { kind: 'reply', reply: replyOf(conversation, seed, { text }), step: null, side: true, tokensPerS: null }
  }
  if (identity === null) return { kind: 'unscripted', why: 'the request does not say who is asking', step: null }
  const scripted = scriptFor(scenario, identity)
  if (!scripted.ok) return { kind: 'unscripted', why: scripted.why, step: null }

  const position = positionOf(scripted.turns, conversation.calls)
  const step = position.turn + 1
  if (position.session !== null) return reply(conversation, seed, { calls: [pollCall(position.session)] }, step)
  const turn = scripted.turns[position.turn]
  if (turn) {
    const passing = passingFault(turn, met(step))
    const shown = passing === null ? turn : { ...turn, action: passing }
    return playTurn(shown, conversation, seed, step, position, identity)
  }
  const answered = conversation.calls.at(-1)?.name === conversation.answerTool && step === scripted.turns.length + 1
  if (answered) return reply(conversation, seed, { text: 'Done.' }, step)
  const why = `${describeIdentity(identity)}, step ${step}: the script has ${scripted.turns.length}`
  return { kind: 'unscripted', why, step }
}

/** The fault to meet after so many were met here, or null: they are over. */
const passingFault = ({ before }: Turn, met: number): Fault | null => {
  let until = 0
  for (const { fault, times } of before) {
    until += times
    if (met < until) return fault
  }
  return null
}

const playTurn = (
  { action, say, think, tokensPerS }: Turn,
  conversation: Conversation,
  seed: string,
  step: number,
  position: Position,
  identity: Identity,
): Played => {
  // A model at home thinks aloud unasked.
  const spoken = { text: say, think: conversation.thinking || identity.worker === 'local' ? think : null, tokensPerS }
  const closing = (text: string): string => [say, text].filter(Boolean).join('\n\n')
  switch (action.kind) {
    case 'status':
    case 'drop':
    case 'hang':
    case 'garbage':
    case 'overflow':
    case 'missing':
    case 'loading':
    case 'endless': {
      const broken = say || 'This answer breaks off before it is whole, as the scenario wants it.'
      const text = action.kind === 'endless' ? `${say}${endlessText}` : broken
      return { kind: 'fault', fault: action, reply: replyOf(conversation, seed, { ...spoken, text }), step }
    }
    case 'text':
      return reply(conversation, seed, { ...spoken, text: closing(action.text) }, step)
    case 'refusal':
    case 'outOfTokens':
      return reply(conversation, seed, { ...spoken, text: closing(action.text), stop: action.kind }, step)
    case 'structured':
      return reply(conversation, seed, { ...spoken, ...structured(conversation, action.value, say) }, step)
    case 'verdict': {
      const value = withNulls(verdictOf(action.verdict, conversation, position.played), VerifierAnswer)
      return reply(conversation, seed, { ...spoken, ...structured(conversation, value, say) }, step)
    }
    case 'calls':
      return reply(conversation, seed, { ...spoken, calls: action.calls }, step)
    default: {
      const call = callFor(action, conversation.tools, conversation.cwd, position.throughShell)
      if (call) return reply(conversation, seed, { ...spoken, calls: [call] }, step)
      const offered = conversation.tools.map(tool => tool.name).join(', ') || 'none'
      const why = `${describeIdentity(identity)}, step ${step}: no tool to ${action.kind} (offered: ${offered})`
      return { kind: 'unscripted', why, step }
    }
  }
}

interface Content {
  think?: string | null
  text?: string
  calls?: ToolCall[]
  stop?: StopReason
  tokensPerS?: number | null
}

const reply = (conversation: Conversation, seed: string, content: Content, step: number): Played => ({
  kind: 'reply',
  reply: replyOf(conversation, seed, content),
  step,
  side: false,
  tokensPerS: content.tokensPerS ?? null,
})

const replyOf = (conversation: Conversation, seed: string, content: Content): Reply => {
  const { think = null, text = '', calls = [], stop = calls.length > 0 ? 'toolUse' : 'end' } = content
  const called = calls.reduce((sum, { input }) => sum + JSON.stringify(input).length + 40, 0)
  const bytes = Buffer.byteLength((think ?? '') + text) + called
  const { model, inputTokens, cachedTokens } = conversation
  return {
    think,
    text,
    calls,
    stop,
    seed,
    model,
    inputTokens,
    cachedTokens,
    outputTokens: Math.max(1, tokensOf(bytes)),
  }
}

/** A structured answer goes through the tool the client offers for it; without one it is the whole text, as JSON. */
const structured = ({ answerTool }: Conversation, value: unknown, say: string): Content =>
  answerTool === null
    ? { text: JSON.stringify(value) }
    : { text: say, calls: [{ name: answerTool, form: 'json', input: value as Record<string, unknown> }] }

const verdictOf = (scripted: ScriptedVerdict, { userText }: Conversation, played: Position['played']) => ({
  commit: scripted.commit ?? commitNamed(userText) ?? '',
  verdict: scripted.verdict,
  summary: scripted.summary,
  examined: scripted.examined ?? played.flatMap(readIn),
  ran: scripted.ran ?? played.flatMap(ranIn),
  findings: scripted.findings,
})

const readIn = ({ action, call }: Position['played'][number]) =>
  action.kind === 'read' && !call.failed ? [{ path: action.path, what: 'Read whole.' }] : []

const ranIn = ({ action, call: { exitCode } }: Position['played'][number]) =>
  action.kind === 'run' && exitCode !== null ? [{ command: action.command, exitCode }] : []
