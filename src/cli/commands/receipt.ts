/** `agentlab receipt RUN`: the run's receipt in Markdown. */
import { renderReceipt } from '../../domain/receipt.ts'
import type { Answer, Call } from '../call.ts'
import { openIfAny, runNamed, viewOf } from '../project.ts'

export const receipt = async (call: Call, id: string): Promise<Answer> => {
  const project = await openIfAny(call)
  const view = viewOf(project!, runNamed(project, id))
  return { text: renderReceipt(view).trimEnd(), json: view }
}
