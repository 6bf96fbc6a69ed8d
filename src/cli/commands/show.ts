/** `agentlab show RUN|TASK`: what a run or a task is and where it stands. */
import { explainWait } from '../../domain/outcome.ts'
import type { RunView, TaskView } from '../../domain/run-view.ts'
import { cleanLine, cleanText } from '../../domain/text.ts'
import type { Finding } from '../../domain/verdict.ts'
import { linesWord, stateWord, verdictWord } from '../../tui/task-line.ts'
import { shortCount, shortDuration } from '../../tui/units.ts'
import type { Answer, Call } from '../call.ts'
import { renderProgress } from '../progress.ts'
import { openIfAny, runOrTaskNamed, viewOf } from '../project.ts'

export const show = async (call: Call, id: string): Promise<Answer> => {
  const project = await openIfAny(call)
  const { runId, taskId } = runOrTaskNamed(project, id)
  const view = viewOf(project!, runId)
  const task = view.tasks.find(one => one.taskId === taskId) ?? null
  if (taskId !== null && task !== null) return { text: showTask(view, task), json: task }
  return { text: showRun(view, call.out.isTTY ? call.out.columns : 200, Date.now()), json: view }
}

/** The run: its words, its progress, why it waits, what to type next. */
export const showRun = (view: RunView, width: number, now: number): string => {
  const wait = view.waitReason === null ? null : explainWait(view.waitReason, view.runId)
  const parts = [
    renderProgress(view, width, now).join('\n'),
    `goal: ${view.goal === null ? '(erased)' : cleanText(view.goal)}`,
    `lane ${view.lane} · ${view.containment} · verified by another ${view.independence} · plan from ${view.planOrigin ?? 'nowhere yet'}`,
    view.planSummary === null || view.planSummary === '' ? '' : `plan: ${cleanText(view.planSummary)}`,
    wait === null ? '' : `waits for you: ${wait.sentence}\n  → ${wait.cure}`,
    view.waitDetail === null ? '' : `  ${cleanLine(view.waitDetail, 500)}`,
    `The whole receipt: agentlab receipt ${view.runId}`,
  ]
  return parts.filter(part => part !== '').join('\n')
}

/** A task: its attempts, checks, verdicts and findings in the order they came. */
export const showTask = (view: RunView, task: TaskView): string =>
  [
    `${task.taskId} ${stateWord(task.state)} · ${task.kind} · ${task.worker} · risk ${task.risk}`,
    task.title === null ? '' : cleanLine(task.title),
    task.dependsOn.length === 0 ? '' : `depends on ${task.dependsOn.join(', ')}`,
    task.skippedBecause === null ? '' : `skipped because ${task.skippedBecause} did not get through`,
    ...task.attempts.map(attemptLine),
    task.tip === null ? '' : `tip ${task.tip} on base ${task.base} (${linesWord(task)})`,
    ...task.checks.map(
      checks =>
        `checks on tree ${checks.tree}: ${checks.status}${checks.results.map(result => `\n  ${result.name}: ${result.status}`).join('')}`,
    ),
    task.verdicts.length === 0 ? '' : `verdict: ${verdictWord(task)}`,
    ...task.findings.flatMap(({ source, findings }) => (findings ?? []).map(finding => findingText(source, finding))),
    task.integrated === null ? '' : `integrated as ${task.integrated.commit}`,
    task.answer === null ? '' : `answer:\n${cleanText(task.answer)}`,
    task.waitReason === null ? '' : waitText(view, task),
  ]
    .filter(line => line !== '')
    .join('\n')

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
  const words = [attempt.worker, end, attempt.class, tokens, attempt.resumed ? 'resumed' : null, attempt.work]
  return `attempt ${attempt.n}: ${words.filter(word => word !== null).join(' · ')}`
}

const findingText = (source: string, finding: Finding): string => {
  const place =
    finding.file === undefined
      ? ''
      : ` ${cleanLine(finding.file)}${finding.line === undefined ? '' : `:${finding.line}`}`
  const shown =
    finding.reproduction === undefined ? '' : `\n  to see it: ${cleanLine(finding.reproduction.command, 400)}`
  return `finding (${source}, ${finding.severity})${place}: ${cleanLine(finding.claim, 800)}${shown}`
}
