/** Whose words are to be erased: by run, by lane, by age; and what is said of it. */
import { z } from 'zod'
import { RunId } from './ids.ts'
import { Lane } from './lane.ts'
import { moment } from './measures.ts'

/** Everything that is not null must hold. Times are epoch milliseconds. */
export const ErasureFilter = z.object({
  runId: RunId.nullable(),
  lane: Lane.nullable(),
  /** Runs that came to their end earlier than this. */
  endedBefore: z.number().nullable(),
})
export type ErasureFilter = z.infer<typeof ErasureFilter>

/** `erased on 2026-11-26`; a run may have lost its words before that was recorded. */
export const erasedWords = (erasedAt: number | null): string =>
  erasedAt === null ? 'erased' : `erased on ${moment(erasedAt).slice(0, 10)}`
