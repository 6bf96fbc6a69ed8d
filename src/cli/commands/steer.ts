/** `agentlab steer TASK "<message>"`: says something to the agent at work on a task, in the middle of it. */
import { sendMessage } from '../../app.ts'
import { AgentLabError, exitCode } from '../../domain/errors.ts'
import { cleanText } from '../../domain/text.ts'
import { longestMessage } from '../../workers/message.ts'
import type { Answer, Call } from '../call.ts'
import { readStandardInput } from '../goal.ts'
import { openIfAny, runOrTaskNamed, viewOf } from '../project.ts'

export const steer = async (call: Call, id: string, argument: string): Promise<Answer> => {
  const opened = await openIfAny(call)
  const { runId, taskId } = runOrTaskNamed(opened, id)
  if (taskId === null)
    throw wrongUse(
      `${runId} is a run`,
      `Name the task whose agent you mean; they are listed by: agentlab show ${runId}`,
    )
  const text = checkMessage(argument === '-' ? await readStandardInput(process.stdin) : argument)
  const project = opened!
  const answer = await sendMessage(project, viewOf(project, runId), taskId, text)
  if (!answer.accepted)
    throw new AgentLabError(`steer failed on ${taskId}: ${answer.text}`, {
      code: 'command-refused',
      cure: `See where it stands: agentlab show ${taskId}`,
    })
  return {
    text: answer.text,
    json: { runId, taskId, ...answer },
    remarks: [`Whether it was delivered: agentlab show ${taskId}`],
  }
}

const checkMessage = (typed: string): string => {
  const text = cleanText(typed).trim()
  if (text === '') throw wrongUse('it says nothing', 'Say it: agentlab steer TASK "Leave the importer alone"')
  if (text.length > longestMessage)
    throw wrongUse(
      `the message has ${text.length} characters, more than ${longestMessage}`,
      'Say it in fewer words, or put the rest into a file of the repository.',
    )
  return text
}

const wrongUse = (why: string, cure: string): AgentLabError =>
  new AgentLabError(`steer failed on its arguments: ${why}`, { code: 'wrong-use', cure, exit: exitCode.wrongUse })
