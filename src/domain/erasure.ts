/** Whose words are to be erased: by run, by lane, by age. */
import { z } from 'zod'
import { RunId } from './ids.ts'
import { Lane } from './lane.ts'

/** Everything that is not null must hold. Times are epoch milliseconds. */
export const ErasureFilter = z.object({
  runId: RunId.nullable(),
  lane: Lane.nullable(),
  /** Runs that came to their end earlier than this. */
  endedBefore: z.number().nullable(),
})
export type ErasureFilter = z.infer<typeof ErasureFilter>
