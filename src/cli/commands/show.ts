/** `agentlab show RUN|TASK`: what a run or a task is and where it stands. */

import { shortContainment } from '../../domain/containment-words.ts'
import { type CriticalPath, criticalPath } from '../../domain/critical-path.ts'
import { discrepancies } from '../../domain/discrepancies.ts'
import { erasedWords } from '../../domain/erasure-words.ts'
import { laneWords } from '../../domain/lane-words.ts'
import { many } from '../../domain/measures.ts'
import { notProven } from '../../domain/not-proven.ts'
import { explainWait } from '../../domain/outcome.ts'
import { originWords, planningLines } from '../../domain/planning-text.ts'
import type { ChecksView, MessageView, RunView, TaskView, VerdictView } from '../../domain/run-view.ts'
import { cleanLine, cleanText, clipMiddle } from '../../domain/text.ts'
import { checkedTogether, landedTogether } from '../../domain/train-words.ts'
import type { Finding } from '../../domain/verdict.ts'
import { passWords } from '../../domain/verdict-words.ts'
import { workerWords } from '../../domain/worker-words.ts'
import { linesWord, stateWord } from '../../tui/task-line.ts'
import { shortCount, shortDuration } from '../../tui/units.ts'
import { answerLines } from '../answered.ts'
import type { Answer, Call } from '../call.ts'
import { openNear } from '../near-store.ts'
import type { Paint } from '../paint.ts'
import { renderProgress } from '../progress.ts'
import { runOrTaskNamed, viewOf } from '../project.ts'

export const show = async (call: Call, id: string): Promise<Answer> => {
  const project = await openNear(call)
  const { runId, taskId } = runOrTaskNamed(project, id)
  const view = viewOf(project!, runId)
  const task = view.tasks.find(one => one.taskId === taskId) ?? null
  if (taskId !== null && task !== null) return { text: showTask(view, task, call.paint), json: task }
  return { text: showRun(view, call.out.isTTY ? call.out.columns : 200, Date.now(), call.paint), json: view }
}

/** The run: its words, its progress, what was found, why it waits, what to type next. */
export const showRun = (view: RunView, width: number, now: number, paint: Paint): string => {
  const wait = view.waitReason === null ? null : explainWait(view.waitReason, view.runId)
  const open = notProven(view)
  const found = discrepancies(view)
  const path = criticalPath(view, now)
  const whole = `agentlab show ${view.runId} --json`
  const parts = [
    renderProgress(view, width, now).join('\n'),
    `${paint('bold', 'goal')} ${view.goal === null ? `(${erasedWords(view.erasedAt)})` : clipMiddle(cleanText(view.goal), longestWords, whole)}`,
    paint('dim', `lane ${laneWords(view)} · ${shortContainment(view)} · ${judgedBy(view)} · ${originWords(view)}`),
    view.planSummary === null || view.planSummary === ''
      ? ''
      : `${paint('bold', 'plan')} ${clipMiddle(cleanText(view.planSummary), longestWords, whole)}`,
    ...planningLines(view).map(line => paint('dim', `  ${cleanLine(line, 400)}`)),
    ...view.planning.questions.map(asked),
    view.tasks.some(task => task.dependsOn.length > 0) ? dependencyLines(view) : '',
    path.ms === 0 ? '' : pathLine(view, path),
    found.length === 0
      ? ''
      : paint(
          'yellow',
          `${many(found.length, 'discrepancy', 'discrepancies')} between checks and verdicts; see the receipt`,
        ),
    view.endedAt === null || open.length === 0
      ? ''
      : [
          paint('yellow', `NOT PROVEN: ${many(open.length, 'thing')}`),
          ...open.slice(0, openShown).map(item => `  - ${cleanLine(item, 300)}`),
        ].join('\n'),
    wait === null ? '' : `${paint('yellow', `waits for you: ${wait.sentence}`)}\n  → ${wait.cure}`,
    view.waitDetail === null ? '' : `  ${cleanLine(view.waitDetail, 500)}`,
    ...view.failures.map(failure =>
      paint('red', `AgentLab failed at ${failure.effect}: ${cleanLine(failure.text ?? '(erased)', 300)}`),
    ),
    `The whole receipt: agentlab receipt ${view.runId}`,
  ]
  return parts.filter(part => part !== '').join('\n')
}

/** Who may judge the work; an answer is judged by nobody. */
const judgedBy = ({ planning, independence }: RunView): string =>
  planning.purpose === 'ask' ? 'verified by nobody' : `verified by another ${independence}`

const openShown = 5
const longestWords = 4_000

const asked = ({ question, answer }: RunView['planning']['questions'][number]): string =>
  [
    `the planner asked: ${cleanText(question ?? '(erased)')}`,
    ...(answer === null ? [] : [`you answered: ${cleanText(answer)}`]),
  ].join('\n')

const dependencyLines = (view: RunView): string =>
  view.tasks
    .filter(task => task.dependsOn.length > 0)
    .map(task => `  ${task.number} comes after ${task.dependsOn.map(id => id.slice(9)).join(', ')}`)
    .join('\n')

const pathLine = (view: RunView, path: CriticalPath): string => {
  const chain = path.taskIds.map(id => id.slice(9)).join(' → ')
  const word = view.endedAt === null ? 'so far' : 'in all'
  return `critical path ${shortDuration(path.ms)}: planning and set-up${chain === '' ? '' : `, then ${chain}`} (${shortDuration(path.workMs)} of processes ${word})`
}

/** A task: its attempts, checks, verdicts and findings in the order they came. */
export const showTask = (view: RunView, task: TaskView, paint: Paint): string =>
  [
    `${paint('bold', task.taskId)} ${stateWord(task.state)} · ${task.kind} · ${task.worker} · risk ${task.risk}`,
    task.title === null ? '' : cleanLine(task.title),
    task.dependsOn.length === 0 ? '' : `depends on ${task.dependsOn.join(', ')}`,
    task.skippedBecause === null ? '' : `skipped because ${task.skippedBecause} did not get through`,
    ...task.attempts.map(attemptLine),
    ...(task.messages ?? []).map(message => messageLine(task, message)),
    task.tip === null ? '' : `tip ${task.tip} on base ${task.base} (${linesWord(task)})`,
    ...task.checks.map(
      checks =>
        `checks on tree ${checks.tree}: ${paintedStatus(checks.status, paint)}${withWhom(checks)}${checks.results.map(result => `\n  ${cleanLine(result.name, 60)}: ${paintedStatus(result.status, paint)}${result.userNamespaces ? ', with user namespaces' : ''}`).join('')}`,
    ),
    ...task.verdicts.map(verdict => verdictLines(verdict, paint)),
    ...task.findings.flatMap(({ source, findings }) =>
      (findings ?? []).map(finding => findingText(source, finding, paint)),
    ),
    task.integrated === null ? '' : `integrated as ${task.integrated.commit}`,
    landedTogether(task) ?? '',
    task.answer === null ? '' : [paint('bold', 'answer, verified by nobody:'), ...answerLines(task, paint)].join('\n'),
    task.waitReason === null ? '' : waitText(view, task),
    task.tip === null ? '' : paint('dim', `its work: agentlab diff ${task.taskId}`),
    task.attempts.length === 0 ? '' : paint('dim', `what was said: agentlab logs ${task.taskId}`),
  ]
    .filter(line => line !== '')
    .join('\n')

const withWhom = (checks: ChecksView): string => {
  const together = checkedTogether(checks)
  return together === null ? '' : ` (${together})`
}

const paintedStatus = (status: string, paint: Paint): string =>
  status === 'passed' ? paint('green', status) : paint(status === 'failed' ? 'red' : 'yellow', status)

const verdictLines = (verdict: VerdictView, paint: Paint): string => {
  const value = verdict.value === 'pass' ? passWords(verdict) : verdict.value
  const style = verdict.value === 'pass' ? 'green' : verdict.value === 'fail' ? 'red' : 'yellow'
  const why = verdict.inconclusive === null ? '' : ` (${verdict.inconclusive})`
  const says = verdict.summary === null || verdict.summary.trim() === '' ? '' : `: ${cleanLine(verdict.summary, 400)}`
  return `verdict of ${workerWords(verdict.verifier ?? 'nobody', verdict.answerer)} on ${verdict.tip.slice(0, 10)}, attempt ${verdict.attempt}: ${paint(style, value)}${why}${says}`
}

const waitText = (view: RunView, task: TaskView): string => {
  const { sentence, cure } = explainWait(task.waitReason!, view.runId)
  return `waits for you: ${sentence}\n  → ${cure}`
}

const attemptLine = (attempt: TaskView['attempts'][number]): string => {
  const end =
    attempt.endedAt === null
      ? 'under way'
      : `${attempt.outcome ?? 'cut off'} after ${shortDuration(attempt.endedAt - attempt.startedAt)}`
  const tokens = `${shortCount(attempt.usage.input)} in, ${shortCount(attempt.usage.output)} out`
  const words = [
    workerWords(attempt.worker, attempt.answerer),
    end,
    attempt.class,
    tokens,
    attempt.resumed ? 'resumed' : null,
    attempt.work,
  ]
  const line = `attempt ${attempt.n}: ${words.filter(word => word !== null).join(' · ')}`
  return attempt.error === undefined ? line : `${line}\n  ${cleanLine(attempt.error, 1_000)}`
}

const messageLine = (task: TaskView, { text, deliveredAt }: MessageView): string => {
  const isOpen = deliveredAt === null && task.attempts.at(-1)?.endedAt === null
  const state = deliveredAt !== null ? 'delivered' : isOpen ? 'not delivered yet' : 'not delivered: its work had ended'
  return `you said (${state}): ${text === null ? '(erased)' : cleanLine(text, 800)}`
}

const findingText = (source: string, finding: Finding, paint: Paint): string => {
  const place =
    finding.file === undefined
      ? ''
      : ` ${cleanLine(finding.file)}${finding.line === undefined ? '' : `:${finding.line}`}`
  const shown =
    finding.reproduction === undefined ? '' : `\n  to see it: ${cleanLine(finding.reproduction.command, 400)}`
  const severity = paint(finding.severity === 'blocking' ? 'red' : 'yellow', finding.severity)
  return `finding (${source}, ${severity})${place}: ${cleanLine(finding.claim, 800)}${shown}`
}
