/** A research task's attempt: asked by schema, once again where the answer is out of shape, its citations looked up. */
import type { AttemptEnd, FailureClass, Usage } from '../domain/attempt.ts'
import type { Oid } from '../domain/ids.ts'
import { parseJsonAnswer, withoutNulls } from '../domain/json-answer.ts'
import type { Laned } from '../domain/laned.ts'
import { count } from '../domain/measures.ts'
import { type ResearchAnswer, type ResearchRecord, readResearch, researchBounds } from '../domain/research.ts'
import { cleanText, clipMiddle } from '../domain/text.ts'
import type { WorkerEvent } from '../domain/worker-event.ts'
import { committedTexts } from '../git/cited-files.ts'
import { leftChangesCommand, leftChangesExit } from '../git/left-changes.ts'
import { checkClaims, citedPaths } from '../verifier/citations.ts'
import { finishedCalls } from '../verifier/tool-calls.ts'
import { researchAgainPrompt } from '../workers/researcher-prompt.ts'
import type { AgentResult } from './agent-run.ts'
import { runInBox } from './box-command.ts'
import type { Host, RunScope } from './host.ts'
import type { Seat } from './seats.ts'

/** Starts the researcher: `begin` with its whole prompt, `again` with these words in that conversation. */
export interface Asking {
  begin(): Promise<AgentResult>
  again(prompt: Laned, resume: string | null): Promise<AgentResult>
}

export interface Answered extends AgentResult {
  /** null where the attempt failed. */
  record: ResearchRecord | null
}

export interface ResearchGround {
  host: Host
  scope: RunScope
  seat: Seat
  taskId: string
  base: Oid
  /** The text that was handed in beside the repository, or null. */
  log: string | null
  /** Everything understood of the attempt's stream so far, in order; it grows while the researcher is asked. */
  events: readonly WorkerEvent[]
}

/** The signal's abort leaves the end as it is: the caller throws it away. */
export const answerResearch = async (ground: ResearchGround, ask: Asking, signal: AbortSignal): Promise<Answered> => {
  const first = await ask.begin()
  const said = readEnd(first.end, ground.events)
  if (signal.aborted || said === null) return { ...first, record: null }
  if ('answer' in said) return { ...first, record: await checked(ground, said, signal) }

  const prompt = researchAgainPrompt(ground.scope, said.problem)
  const second = await ask.again(prompt, first.end.sessionId)
  const result = {
    end: { ...second.end, usage: sumOf(first.end.usage, second.end.usage) },
    dropped: first.dropped + second.dropped,
  }
  const saidAgain = readEnd(second.end, ground.events)
  if (signal.aborted) return { ...result, record: null }
  if (saidAgain !== null && 'answer' in saidAgain)
    return { ...result, record: await checked(ground, saidAgain, signal) }
  // What the provider or a bound of ours did is no answer: that is waited out, or asked of the operator.
  if (saidAgain === null && !isOwnFault(second.end)) return { ...result, record: null }
  const { words, problem } = saidAgain ?? said
  const end = { ...result.end, outcome: 'answered' as const, text: words }
  return { ...result, end, record: await inWords(ground, words, problem, signal) }
}

const ownFaults: readonly FailureClass[] = ['malformed', 'sessionLost', 'outOfTurns']

const isOwnFault = (end: AttemptEnd): boolean => end.outcome === 'failed' && ownFaults.includes(end.class)

type Said = { answer: ResearchAnswer; notes: string[] } | { problem: string; words: string }

/** What an end says, or null where it is a failure without any words. */
const readEnd = (end: AttemptEnd, events: readonly WorkerEvent[]): Said | null => {
  const last = events.findLast(event => event.type === 'text')?.text ?? ''
  if (end.outcome === 'failed') {
    const words = end.text ?? last
    return end.class === 'malformed' && words.trim() !== '' ? { problem: problemOf(end), words } : null
  }
  if (end.text.trim() === '' && (end.structured === undefined || end.structured === null)) return null
  // A structured answer came through the CLI's own parser, which keeps the last of two equal keys without a word.
  const parsed = parseJsonAnswer(end.text)
  if (!parsed.ok && parsed.problem.startsWith('the key')) return { problem: parsed.problem, words: end.text }
  const read = readResearch(withoutNulls(end.structured))
  return read.ok ? read : { problem: read.problem, words: end.text.trim() === '' ? last : end.text }
}

/** What it said is in its conversation: only what is wrong with it is said again. */
const problemOf = ({ detail, text }: Extract<AttemptEnd, { outcome: 'failed' }>): string =>
  text === undefined ? detail : 'there is no JSON value in it'

/** Every citation looked up in what is ours: git's objects, the handed-in text, the stream of the attempt. */
const checked = async (
  ground: ResearchGround,
  { answer, notes }: { answer: ResearchAnswer; notes: string[] },
  signal: AbortSignal,
): Promise<ResearchRecord> => {
  const { host, scope, seat, base, log, events } = ground
  const files = await committedTexts(host.project.repository, base, citedPaths(answer, seat.workspace))
  const claims = checkClaims(answer, {
    files,
    calls: finishedCalls(events),
    log,
    lane: scope.lane,
    workspace: seat.workspace,
  })
  return {
    shape: 'claims',
    answer: answer.answer,
    claims,
    unknown: answer.unknown,
    notes: [...notes, ...logNote(scope), ...(await changesNote(ground, signal))],
    base,
  }
}

const inWords = async (
  ground: ResearchGround,
  words: string,
  problem: string,
  signal: AbortSignal,
): Promise<ResearchRecord> => ({
  shape: 'words',
  answer: clipMiddle(cleanText(words), researchBounds.answer),
  claims: [],
  unknown: [],
  notes: [
    `The answer came out of shape twice, so it is kept as plain words (${cleanText(problem).slice(0, 300)}).`,
    ...logNote(ground.scope),
    ...(await changesNote(ground, signal)),
  ],
  base: ground.base,
})

const logNote = ({ request }: RunScope): string[] =>
  request.log === undefined || request.log.leftOutBytes === 0
    ? []
    : [
        `The log was too long to be handed in whole: ${count(request.log.leftOutBytes)} bytes of its middle were left out.`,
      ]

/** Said, never taken over: a researcher's workspace is thrown away whatever it holds. */
const changesNote = async (
  { host, scope, seat, taskId, base }: ResearchGround,
  signal: AbortSignal,
): Promise<string[]> => {
  const command = leftChangesCommand(seat.dirs, base)
  const errand = { seat, taskId, what: 'left changes', name: 'left', ...command, readable: [], isOurs: true as const }
  const { end } = await runInBox(host, scope, errand, signal)
  return end.exitCode === leftChangesExit
    ? ['The researcher changed or committed something in its checkout: that was thrown away.']
    : []
}

const sumOf = (first: Usage, second: Usage): Usage => {
  const sum = (key: keyof Usage): number | null =>
    first[key] === null || second[key] === null ? null : first[key] + second[key]
  return { input: sum('input'), cached: sum('cached'), output: sum('output') }
}
