/** What a run that only asked came to, for a person: the answer, the claims that do not hold first, what is not known. */
import { notProven } from '../domain/not-proven.ts'
import type { CheckedClaim, ClaimState, ResearchRecord } from '../domain/research.ts'
import { citationProblem, claimWords, countWords, placeOf, quotedIn, worstFirst } from '../domain/research-text.ts'
import type { RunView, TaskView } from '../domain/run-view.ts'
import { cleanLine, cleanText } from '../domain/text.ts'
import type { Answer } from './call.ts'
import type { Paint } from './paint.ts'

export const answered = (view: RunView, paint: Paint): Answer => {
  const task = view.tasks.find(one => one.answer !== null)
  const { runId, lane, outcome, rehearsed } = view
  return {
    text: task === undefined ? '' : answerLines(task, paint).join('\n'),
    json: {
      runId,
      taskId: task?.taskId ?? null,
      outcome,
      lane,
      worker: task?.worker ?? null,
      rehearsed,
      answer: task?.answer ?? null,
      research: task?.research ?? null,
      counts: task?.claims ?? null,
      notProven: notProven(view),
    },
    remarks: [
      ...(rehearsed ? ['The model was scripted (a rehearsal).'] : []),
      `Print it again: agentlab show ${task?.taskId ?? runId}`,
    ],
  }
}

/** The answer of a research task, all of it. */
export const answerLines = (task: TaskView, paint: Paint): string[] =>
  task.research === null ? [cleanText(task.answer ?? '')] : recordLines(task, task.research, paint)

const recordLines = (task: TaskView, record: ResearchRecord, paint: Paint): string[] => [
  cleanText(record.answer),
  ...(record.claims.length === 0 ? [] : ['', ...worstFirst(record.claims).flatMap(claim => claimLines(claim, paint))]),
  ...listed('Not known', record.unknown, paint),
  ...listed('Notes of AgentLab', record.notes, paint),
  '',
  paint(
    'dim',
    `A model's word (${task.worker}, at ${record.base.slice(0, 10)}): ${countWords(task.claims ?? null)}. That a citation holds says where a claim comes from, not that it is true.`,
  ),
]

const listed = (title: string, lines: readonly string[], paint: Paint): string[] =>
  lines.length === 0 ? [] : ['', paint('bold', title), ...lines.map(line => `  - ${cleanLine(line, 2_000)}`)]

const styles: Record<ClaimState, 'red' | 'yellow' | 'green'> = { notFound: 'red', uncited: 'yellow', cited: 'green' }

const claimLines = ({ claim, state, evidence }: CheckedClaim, paint: Paint): string[] => [
  `${paint(styles[state], claimWords[state].padEnd(9))}  ${cleanLine(claim, 2_000)}`,
  ...evidence.flatMap(one => {
    const quote = quotedIn(one)
    const problem = citationProblem(one)
    return [
      `           ${paint('dim', placeOf(one))}${quote === '' ? '' : `  ${quote}`}`,
      ...(problem === '' ? [] : [`             ${paint(one.state === 'notFound' ? 'red' : 'yellow', problem)}`]),
    ]
  }),
]
