/** A message of the operator's to an agent at work, as it lies in its inbox: one JSON file each, in the order of their names. */
import { z } from 'zod'

export const Message = z.object({
  id: z.string(),
  text: z.string(),
  /** It is known to be in a conversation of this task; the agent that finds it in its own says nothing more. */
  isTold: z.boolean(),
})
export type Message = z.infer<typeof Message>

/** Characters of one message. */
export const longestMessage = 4_000
