/** `agentlab plan "<goal>"`: has a plan made and prints it as YAML to edit; nothing is worked on. */
import type { Answer, Call } from '../call.ts'
import { type WishOptions, wishOf } from '../run-wish.ts'
import { carryOut } from './task.ts'

export type PlanOptions = Omit<WishOptions, 'plan' | 'sameVendor'> & { foreground?: boolean }

export const plan = async (call: Call, goal: string | undefined, options: PlanOptions): Promise<Answer> =>
  carryOut(call, { ...(await wishOf(call, goal, options)), purpose: 'plan' }, options)
