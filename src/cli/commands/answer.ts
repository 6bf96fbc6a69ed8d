/** `agentlab answer RUN "<text>"`: answers the planner's question and follows the run. */
import { sendAnswer } from '../../app.ts'
import { AgentLabError } from '../../domain/errors.ts'
import type { Answer, Call } from '../call.ts'
import { checkAnswer, readStandardInput } from '../goal.ts'
import { openIfAny, runNamed, viewOf } from '../project.ts'
import { watchRun } from '../watch-run.ts'

export const answer = async (
  call: Call,
  id: string,
  argument: string,
  options: { detach?: boolean },
): Promise<Answer> => {
  const opened = await openIfAny(call)
  const runId = runNamed(opened, id)
  const project = opened!
  const text = checkAnswer(argument === '-' ? await readStandardInput(process.stdin) : argument)
  const given = await sendAnswer(project, viewOf(project, runId), text)
  if (!given.accepted) {
    throw new AgentLabError(`answer failed on ${runId}: ${given.text}`, {
      code: 'command-refused',
      cure: `See where it stands: agentlab show ${runId}`,
    })
  }
  call.talk.write(`${given.text}\n`)
  if (options.detach !== true) return watchRun(call, project, runId, false)
  return {
    text: runId,
    json: { runId, ...given },
    remarks: ['It goes on in the background. Watch it: agentlab runs -f'],
  }
}
