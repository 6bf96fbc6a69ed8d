/** `agentlab ask "<question>"`: one researcher answers with cited claims; no planner, no branch, nothing to promote. */
import type { Answer, Call } from '../call.ts'
import { readStandardInput } from '../goal.ts'
import { checkQuestion, pathsInRepository, planOfQuestion } from '../question.ts'
import { type WishOptions, wishOfRun } from '../run-wish.ts'
import { carryOut } from './task.ts'

export interface AskOptions extends Pick<WishOptions, 'lane' | 'loosen' | 'agents' | 'rehearse' | 'unboxed'> {
  file?: string[]
  foreground?: boolean
  detach?: boolean
}

export const ask = async (call: Call, argument: string | undefined, options: AskOptions): Promise<Answer> => {
  const text = argument === '-' ? await readStandardInput(process.stdin) : (argument ?? '')
  const question = checkQuestion('ask', text)
  const run = await wishOfRun(call, options, 'ask')
  return carryOut(
    call,
    async project => ({
      ...run,
      goal: question,
      planText: planOfQuestion(question, await pathsInRepository(call, project, options.file ?? [])),
      purpose: 'ask',
    }),
    options,
  )
}
