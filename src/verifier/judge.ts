/**
 * Whether a verifier's answer counts, and as what. Pure. What does not prove that the change was read and something was
 * run is inconclusive, never a pass. It decides nothing else: what follows from a verdict is the brain's.
 */
import type { AttemptEnd, FailureClass } from '../domain/attempt.ts'
import type { Oid } from '../domain/ids.ts'
import { parseJsonAnswer, withoutNulls } from '../domain/json-answer.ts'
import { type Finding, type InconclusiveReason, type VerdictValue, VerifierAnswer } from '../domain/verdict.ts'
import type { WorkerEvent } from '../domain/worker-event.ts'
import { finishedCalls, ranSomething, showsContent } from './tool-calls.ts'

export interface VerifierEvidence {
  end: AttemptEnd
  /** The whole normalised stream of the attempt. */
  events: readonly WorkerEvent[]
  /** The commit that was to be judged. */
  tip: Oid
  /** Repository-relative paths of the change. */
  changedFiles: readonly string[]
  /** Absolute path of the diff given as a file. */
  materialPaths: { diff: string }
}

export interface Judgement {
  value: VerdictValue
  inconclusive: InconclusiveReason | null
  /** The verifier's findings; empty where the answer does not count. */
  findings: Finding[]
  /** The answer as read, also where it does not count; null when there is none to read. */
  answer: VerifierAnswer | null
}

/** Judges one verifier's attempt. Checks in order: the end, the shape, the commit, reading, running, the verdict's sense. */
export const judge = (evidence: VerifierEvidence): Judgement => {
  const { end, events } = evidence
  if (end.outcome === 'failed') return inconclusive(reasonOfFailure(end.class))
  const read = readAnswer(end)
  if ('reason' in read) return inconclusive(read.reason)
  const { answer } = read
  if (contradictsItself(answer, events)) return inconclusive('malformed', answer)
  if (answer.commit !== evidence.tip) return inconclusive('otherCommit', answer)
  const calls = finishedCalls(events)
  const paths = [evidence.materialPaths.diff, ...evidence.changedFiles]
  if (!calls.some(call => showsContent(call, paths))) return inconclusive('nothingRead', answer)
  if (!calls.some(ranSomething)) return inconclusive('nothingRun', answer)
  const isBlocked = answer.findings.some(finding => finding.severity === 'blocking')
  if (answer.verdict === 'fail' && !isBlocked) return inconclusive('failWithoutFinding', answer)
  if (answer.verdict === 'pass' && isBlocked) return inconclusive('passWithBlockingFinding', answer)
  return { value: answer.verdict, inconclusive: null, findings: answer.findings, answer }
}

const inconclusive = (reason: InconclusiveReason, answer: VerifierAnswer | null = null): Judgement => ({
  value: 'inconclusive',
  inconclusive: reason,
  findings: [],
  answer,
})

const cutShort = new Set<FailureClass>([
  'crashed',
  'stalled',
  'timedOut',
  'outOfTurns',
  'interrupted',
  'limit',
  'disk',
  'memory',
  'processes',
  'noSpace',
])

const reasonOfFailure = (failure: FailureClass): InconclusiveReason => {
  if (failure === 'malformed') return 'malformed'
  return cutShort.has(failure) ? 'cutShort' : 'attemptFailed'
}

const readAnswer = (
  end: Extract<AttemptEnd, { outcome: 'answered' }>,
): { answer: VerifierAnswer } | { reason: InconclusiveReason } => {
  const hasStructured = end.structured !== undefined && end.structured !== null
  if (!hasStructured && end.text.trim() === '') return { reason: 'noAnswer' }
  const parsed = parseJsonAnswer(end.text)
  // A structured answer came through the CLI's own parser, which keeps the last of two equal keys without a word.
  if (!parsed.ok && (!hasStructured || parsed.problem.startsWith('the key'))) return { reason: 'malformed' }
  const answer = VerifierAnswer.safeParse(
    withoutNulls(hasStructured ? end.structured : parsed.ok ? parsed.value : null),
  )
  return answer.success ? { answer: answer.data } : { reason: 'malformed' }
}

/** Two whole verdicts in one stream that differ: no telling which one was meant. */
const contradictsItself = (answer: VerifierAnswer, events: readonly WorkerEvent[]): boolean =>
  events.some(event => {
    if (event.type !== 'text' || !event.text.includes('"verdict"')) return false
    const parsed = parseJsonAnswer(event.text)
    const other = VerifierAnswer.safeParse(parsed.ok ? withoutNulls(parsed.value) : null)
    return other.success && (other.data.verdict !== answer.verdict || other.data.commit !== answer.commit)
  })
