/** A question of the planner's, put to a person who is at the terminal anyway. */
import { type Project, sendAnswer } from '../app.ts'
import { openQuestion } from '../domain/planning-text.ts'
import type { RunView } from '../domain/run-view.ts'
import { cleanText } from '../domain/text.ts'
import { askLine, canAsk } from './ask.ts'
import type { Call } from './call.ts'
import { checkAnswer } from './goal.ts'

/** True when the run goes on with an answer; false without a question, a terminal, or an answer. */
export const answerOnTheSpot = async (
  call: Call,
  project: Project,
  view: RunView,
  foreground: boolean,
): Promise<boolean> => {
  const question = openQuestion(view)
  if (question === null || !canAsk(call)) return false
  call.talk.write(`The planner asks:\n${cleanText(question)}\n`)
  const text = await askLine(call, 'Your answer (nothing: later)', '', () => true)
  if (text === '') return false
  const { accepted, text: said } = await sendAnswer(project, view, checkAnswer(text), { startSupervisor: !foreground })
  call.talk.write(`${said}\n`)
  return accepted
}
