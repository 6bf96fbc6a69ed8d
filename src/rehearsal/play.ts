/** One request in, what to answer out: the scripted model itself. Pure; the same request gets the same answer. */
import { withNulls } from '../domain/json-answer.ts'
import { VerifierAnswer } from '../domain/verdict.ts'
import { type Conversation, commitNamed, tokensOf } from './conversation.ts'
import type { Identity } from './identity.ts'
import { describeIdentity } from './identity.ts'
import { type Position, positionOf } from './position.ts'
import type { Fault, Reply, StopReason } from './reply.ts'
import type { Scenario } from './scenario.ts'
import { scriptFor } from './script.ts'
import { sampleOf } from './side.ts'
import type { ScriptedVerdict } from './steps.ts'
import { callFor, pollCall, type ToolCall } from './tools.ts'
import type { Turn } from './turns.ts'

export type Played =
  | { kind: 'reply'; reply: Reply; step: number | null; side: boolean }
  /** `reply` is what had been said when it went wrong: a dropped stream shows a part of it. */
  | { kind: 'fault'; fault: Fault; reply: Reply; step: number }
  | { kind: 'unscripted'; why: string; step: number | null }

/** `seed` is a digest of the request; `identity` null when the request carries none. */
export const play = (
  scenario: Scenario,
  identity: Identity | null,
  conversation: Conversation,
  seed: string,
): Played => {
  if (conversation.side) {
    const text = conversation.side.schema === null ? 'ok' : JSON.stringify(sampleOf(conversation.side.schema))
    return { kind: 'reply', reply: replyOf(conversation, seed, { text }), step: null, side: true }
  }
  if (identity === null) return { kind: 'unscripted', why: 'the request does not say who is asking', step: null }
  const scripted = scriptFor(scenario, identity)
  if (!scripted.ok) return { kind: 'unscripted', why: scripted.why, step: null }

  const position = positionOf(scripted.turns, conversation.calls)
  const step = position.turn + 1
  if (position.session !== null) return reply(conversation, seed, { call: pollCall(position.session) }, step)
  const turn = scripted.turns[position.turn]
  if (turn) return playTurn(turn, conversation, seed, step, position, identity)
  const answered = conversation.calls.at(-1)?.name === conversation.answerTool && step === scripted.turns.length + 1
  if (answered) return reply(conversation, seed, { text: 'Done.' }, step)
  const why = `${describeIdentity(identity)}, step ${step}: the script has ${scripted.turns.length}`
  return { kind: 'unscripted', why, step }
}

const playTurn = (
  { action, say, think }: Turn,
  conversation: Conversation,
  seed: string,
  step: number,
  position: Position,
  identity: Identity,
): Played => {
  const spoken = { text: say, think: conversation.thinking ? think : null }
  const closing = (text: string): string => [say, text].filter(Boolean).join('\n\n')
  switch (action.kind) {
    case 'status':
    case 'drop':
    case 'hang':
    case 'garbage': {
      const text = say || 'This answer breaks off before it is whole, as the scenario wants it.'
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
    default: {
      const call = callFor(action, conversation.tools, conversation.cwd, position.throughShell)
      if (call) return reply(conversation, seed, { ...spoken, call }, step)
      const offered = conversation.tools.map(tool => tool.name).join(', ') || 'none'
      const why = `${describeIdentity(identity)}, step ${step}: no tool to ${action.kind} (offered: ${offered})`
      return { kind: 'unscripted', why, step }
    }
  }
}

interface Content {
  think?: string | null
  text?: string
  call?: ToolCall
  stop?: StopReason
}

const reply = (conversation: Conversation, seed: string, content: Content, step: number): Played => ({
  kind: 'reply',
  reply: replyOf(conversation, seed, content),
  step,
  side: false,
})

const replyOf = (conversation: Conversation, seed: string, content: Content): Reply => {
  const { think = null, text = '', call = null, stop = call ? 'toolUse' : 'end' } = content
  const bytes = Buffer.byteLength((think ?? '') + text) + (call ? JSON.stringify(call.input).length + 40 : 0)
  const { model, inputTokens, cachedTokens } = conversation
  return { think, text, call, stop, seed, model, inputTokens, cachedTokens, outputTokens: Math.max(1, tokensOf(bytes)) }
}

/** A structured answer goes through the tool the client offers for it; without one it is the whole text, as JSON. */
const structured = ({ answerTool }: Conversation, value: unknown, say: string): Content =>
  answerTool === null
    ? { text: JSON.stringify(value) }
    : { text: say, call: { name: answerTool, form: 'json', input: value as Record<string, unknown> } }

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
