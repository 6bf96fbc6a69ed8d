/** From what a reader has seen and how the process ended to the verdict on an attempt; the same rule for every CLI. */
import type { AttemptEnd, FailureClass, ProcessEnd, Usage } from '../domain/attempt.ts'
import { cleanLine, clipMiddle } from '../domain/text.ts'
import { jsonIn } from './stream.ts'

export interface Failure {
  class: FailureClass
  detail: string
  retryAt: number | null
}

/** What the stream said, whatever the process did afterwards. */
export interface Seen {
  sessionId: string | null
  usage: Usage
  /** Set by a closing event that says all is well. */
  answer: { text: string; structured?: unknown } | null
  /** Set by a closing event that says it is not. */
  failure: Failure | null
  /** What the CLI was waiting out when it was last heard of: the reason for a silence. */
  waitingFor: Failure | null
  /** What it is silent for now, where its stream says so: completes "while it waited for …". */
  silence?: string | null
}

/** The gateway's own refusal at a run's limit, as it comes back in a CLI's error. */
const ownLimit = /agentlab_limit|AgentLab: .*\blimit\b/i

const ofStop = {
  stalled: 'stalled',
  timedOut: 'timedOut',
  cancelled: 'interrupted',
  limit: 'limit',
  disk: 'disk',
  memory: 'memory',
  processes: 'processes',
  noSpace: 'noSpace',
} as const satisfies Record<NonNullable<ProcessEnd['stopped']>, FailureClass>

/**
 * An attempt is answered only by a closing event that says so, together with exit 0 and, where a schema was asked for,
 * JSON in the answer. A process we stopped while its CLI was waiting for the provider failed for the provider's reason.
 */
export const conclude = (
  seen: Seen,
  end: ProcessEnd,
  stderrTail: string,
  options: { wantsJson: boolean; ofStderr: (stderr: string, end: ProcessEnd) => FailureClass | null },
): AttemptEnd => {
  const { sessionId, usage } = seen
  const failed = (failure: Failure): AttemptEnd => {
    const own = ownLimit.test(failure.detail) ? ({ class: 'limit', retryAt: null } as const) : {}
    return { outcome: 'failed', ...failure, ...own, sessionId, usage }
  }
  const because = (failureClass: FailureClass, detail: string): AttemptEnd =>
    failed({ class: failureClass, detail, retryAt: null })

  if (seen.answer !== null && end.exitCode === 0) {
    const { text } = seen.answer
    if (!options.wantsJson) return { outcome: 'answered', text, sessionId, usage }
    const structured = seen.answer.structured ?? jsonIn(text)
    if (structured === null)
      return { ...because('malformed', `no JSON in the answer: ${clipMiddle(text, 2_000)}`), text }
    return { outcome: 'answered', text, structured, sessionId, usage }
  }
  if (end.stopped === 'stalled' && seen.waitingFor !== null) return failed(seen.waitingFor)
  if (end.stopped === 'stalled' && seen.silence)
    return because(
      'stalled',
      `stopped: silent for too long while it waited for ${seen.silence}. Where a server is that slow, give it longer: limits: { silenceMinutes: N }`,
    )
  if (end.stopped !== null) return because(ofStop[end.stopped], `stopped: ${ofStop[end.stopped]}`)
  if (seen.failure !== null) return failed(seen.failure)
  const lastWords = cleanLine(stderrTail.trimEnd().split('\n').at(-1) ?? '', 500)
  const how = end.signal === null ? `exit ${end.exitCode}` : `signal ${end.signal}`
  const without = seen.answer === null ? `${how} without a closing event` : `${how} after its closing event`
  const detail = lastWords === '' ? without : `${without}: ${lastWords}`
  return because(options.ofStderr(stderrTail, end) ?? 'crashed', detail)
}
