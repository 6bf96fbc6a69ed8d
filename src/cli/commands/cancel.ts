/** `agentlab cancel RUN`: stops a run; what was done so far is kept. */
import { askSupervisor } from '../ask-supervisor.ts'
import type { Answer, Call } from '../call.ts'
import { openIfAny, runNamed } from '../project.ts'

export const cancel = async (call: Call, id: string): Promise<Answer> => {
  const project = await openIfAny(call)
  const runId = runNamed(project, id)
  const answer = await askSupervisor(project!, { kind: 'cancel', runId }, 'cancel')
  return { text: answer.text, json: { runId, ...answer }, remarks: [`What was done so far: agentlab receipt ${runId}`] }
}
