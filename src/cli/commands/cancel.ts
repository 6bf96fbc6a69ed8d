/** `agentlab cancel RUN`: stops a run; what was done so far is kept. */
import { sendCommand } from '../../app.ts'
import { AgentLabError } from '../../domain/errors.ts'
import type { Answer, Call } from '../call.ts'
import { openIfAny, runNamed } from '../project.ts'

export const cancel = async (call: Call, id: string): Promise<Answer> => {
  const project = await openIfAny(call)
  const runId = runNamed(project, id)
  const answer = await sendCommand(project!, { kind: 'cancel', runId })
  if (!answer.accepted) {
    throw new AgentLabError(`cancel failed on ${runId}: ${answer.text}`, {
      code: 'command-refused',
      cure: `See where it stands: agentlab show ${runId}`,
    })
  }
  return { text: answer.text, json: { runId, ...answer }, remarks: [`What was done so far: agentlab receipt ${runId}`] }
}
