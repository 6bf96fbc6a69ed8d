/** What is said where words were erased. Beside the filter, so that listings need no schemas. */
import { moment } from './measures.ts'

/** `erased on 2026-11-26`; a run may have lost its words before that was recorded. */
export const erasedWords = (erasedAt: number | null): string =>
  erasedAt === null ? 'erased' : `erased on ${moment(erasedAt).slice(0, 10)}`
