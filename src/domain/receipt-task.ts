/** One task's part of the receipt: attempts, checks, verdicts, what it came to. */

import { runIdOf } from './ids.ts'
import { block, code, inline, table } from './markdown.ts'
import { count, duration, many, short } from './measures.ts'
import { explainWait } from './outcome.ts'
import { recordText } from './research-text.ts'
import type { AttemptView, ChecksView, FindingsView, TaskView, VerdictView } from './run-view.ts'
import { checkedTogether, landedTogether } from './train-words.ts'
import type { Finding } from './verdict.ts'
import { passWords } from './verdict-words.ts'
import { workerWords } from './worker-words.ts'

export const titleOf = (task: TaskView, erased = false): string => task.title ?? (erased ? '(erased)' : task.taskId)

/** The state as one table cell. */
export const stateCell = (task: TaskView): string => {
  if (task.integrated !== null) return `integrated as ${short(task.integrated.commit)}`
  if (task.skippedBecause !== null) return `skipped, because task ${task.skippedBecause.slice(9)} did not get through`
  return task.state
}

export const renderTask = (task: TaskView): string => {
  const sections = [
    `### ${task.number}. ${inline(titleOf(task), 120)}`,
    renderState(task),
    renderAttempts(task),
    ...(task.kind === 'change' ? [renderChecks(task), renderVerdicts(task)] : []),
    renderFindings(task),
    task.answer === null
      ? ''
      : `Answer (a model's word, verified by nobody):\n\n${block(answerText(task), `agentlab show ${task.taskId}`)}`,
  ]
  return sections.filter(section => section !== '').join('\n\n')
}

/** A research answer, with what was found of its citations. */
export const answerText = ({ answer, research }: TaskView): string =>
  research === null ? (answer ?? '') : recordText(research)

const renderState = (task: TaskView): string => {
  const lines = [`- State: ${stateCell(task)}`]
  if (task.waitReason !== null) {
    const wait = explainWait(task.waitReason, runIdOf(task.taskId))
    lines.push(`- It waits because ${wait.sentence}. ${inline(wait.cure)}`)
  }
  if (task.messages !== undefined) {
    const taken = task.messages.filter(message => message.deliveredAt !== null).length
    lines.push(`- Steered by the operator: ${many(task.messages.length, 'message')}, ${taken} delivered`)
  }
  if (task.base !== null) lines.push(`- Base: ${code(task.base)}`)
  if (task.tip !== null) lines.push(`- Tip: ${code(task.tip)}`)
  if (task.lines !== null)
    lines.push(
      `- Change: ${many(task.lines.files, 'file')}, +${count(task.lines.added)} −${count(task.lines.deleted)} lines`,
    )
  if (task.integrated !== null) {
    lines.push(`- Integrated: merge commit ${code(task.integrated.commit)}, tree ${code(task.integrated.tree)}`)
    const together = landedTogether(task)
    if (together !== null) lines.push(`- Train: ${together}`)
    if (task.integrated.rebuiltTip !== null)
      lines.push(
        `- Carried over when the branch was rebuilt: the same change as tip ${code(task.integrated.rebuiltTip)}`,
      )
  }
  return lines.join('\n')
}

const renderAttempts = (task: TaskView): string => {
  if (task.attempts.length === 0) return 'Attempts: none.'
  const rows = task.attempts.map(attempt => [
    String(attempt.n),
    workerWords(attempt.worker, attempt.answerer),
    attempt.resumed ? 'resumed' : 'fresh',
    endOfAttempt(attempt),
    attempt.endedAt === null ? '–' : duration(attempt.endedAt - attempt.startedAt),
    count(attempt.usage.input),
    count(attempt.usage.output),
    workOf(attempt),
  ])
  return table(['Attempt', 'Worker', 'Session', 'End', 'Took', 'Tokens in', 'Tokens out', 'Work'], rows)
}

/** How an attempt ended, in a few words. */
export const endOfAttempt = (attempt: AttemptView): string => {
  if (attempt.outcome === null) return 'no end seen'
  return attempt.class === null ? attempt.outcome : `${attempt.outcome}: ${attempt.class}`
}

/** What came of an attempt, in a few words. */
export const workOf = (attempt: AttemptView): string => {
  if (attempt.work === 'empty') return 'no change'
  if (attempt.work === null) return '–'
  return attempt.uncommitted ? `${attempt.work}, committed by AgentLab` : attempt.work
}

const renderChecks = (task: TaskView): string =>
  task.checks.length === 0 ? 'Checks: none on record.' : task.checks.map(renderCheckRun).join('\n\n')

const renderCheckRun = (checks: ChecksView): string => {
  const head = `Checks on tree ${code(checks.tree)} (tip ${code(short(checks.tip))} merged into ${code(short(checks.agent))}): **${checkWords[checks.status]}**`
  const together = checkedTogether(checks)
  const whole = together === null ? head : `${head}; ${together}`
  if (checks.results.length === 0) return whole
  const rows = checks.results.map(check => [
    inline(check.name, 60),
    check.status,
    check.exitCode === null ? '–' : String(check.exitCode),
    duration(check.durationMs),
    check.cached === null ? 'not known' : check.cached ? 'yes' : 'no',
  ])
  return `${whole}\n\n${table(['Check', 'Status', 'Exit code', 'Took', 'From cache'], rows)}`
}

/** What a status of checks is called in a receipt. */
export const checkWords: Record<ChecksView['status'], string> = {
  passed: 'passed',
  failed: 'failed',
  failedOnBaseToo: 'red, and red on the base as well',
  notRun: 'not run',
  none: 'none configured',
}

const renderVerdicts = (task: TaskView): string =>
  task.verdicts.length === 0 ? 'Verdicts: none.' : task.verdicts.map(renderVerdict).join('\n\n')

const renderVerdict = (verdict: VerdictView): string => {
  const value = verdict.value === 'pass' ? passWords(verdict) : verdict.value
  const why = verdict.inconclusive === null ? '' : `: ${inconclusiveWords[verdict.inconclusive]}`
  return [
    `Verdict of ${workerWords(verdict.verifier ?? 'nobody', verdict.answerer)} on tip ${code(verdict.tip)} (attempt ${verdict.attempt}): **${value}**${why}`,
    ...(verdict.summary === null || verdict.summary.trim() === ''
      ? []
      : ['', `- It says: ${inline(verdict.summary, 1_000)}`]),
    ...(verdict.findings.length === 0 ? [] : ['', ...verdict.findings.flatMap(finding => findingLines(finding, ''))]),
  ].join('\n')
}

/** Why a verdict does not count, in words. */
export const inconclusiveWords: Record<NonNullable<VerdictView['inconclusive']>, string> = {
  noAnswer: 'it gave no answer',
  malformed: 'its answer was out of shape',
  cutShort: 'it was cut short',
  otherCommit: 'it judged another commit',
  nothingRead: 'it did not read the change',
  nothingRun: 'it ran nothing',
  attemptFailed: 'its attempt failed',
  failWithoutFinding: 'it said fail without a blocking finding',
  passWithBlockingFinding: 'it said pass with a blocking finding',
  noVerifier: 'no verifier could be had',
}

/** A finding as list items: claim and place, then how to see it. */
export const findingLines = (finding: Finding, indent: string): string[] => {
  const where =
    finding.file === undefined
      ? ''
      : ` ${code(`${finding.file}${finding.line === undefined ? '' : `:${finding.line}`}`)}`
  const lines = [`${indent}- **${finding.severity}**${where} ${inline(finding.claim, 1_000)}`]
  if (finding.reproduction !== undefined) {
    const { command, expected, observed } = finding.reproduction
    lines.push(
      `${indent}  - To see it: ${code(command, 1_000)}`,
      `${indent}  - Expected: ${code(expected)}`,
      `${indent}  - Observed, says the verifier: ${code(observed)}`,
    )
  }
  return lines
}

/** What a finding did to the work, by where it came from. */
export const findingSources: Record<FindingsView['source'], string> = {
  harvest: 'noted at harvest',
  empty: 'sent back: no change',
  refused: 'sent back by the harvest rules',
  conflict: 'sent back: conflict',
  checks: 'sent back by the checks',
  environment: 'noted of the environment of the checks',
  verdict: 'sent back by the verdict',
  rejected: 'taken out of the integration branch by the operator',
}

/** Findings other than a verdict's, which stand with their verdict. */
const renderFindings = (task: TaskView): string => {
  const lines = task.findings
    .filter(one => one.source !== 'verdict')
    .flatMap(one => [
      `- Attempt ${one.attempt}, ${findingSources[one.source]}${one.findings === null ? ' (words erased)' : ''}`,
      ...(one.findings ?? []).flatMap(finding => findingLines(finding, '  ')),
    ])
  return lines.length === 0 ? '' : `Against the work:\n\n${lines.join('\n')}`
}
