/** What cleaning removes and what it keeps, each with its reason; and how that reads. */
import { z } from 'zod'
import { fileSize, many } from './measures.ts'
import { cleanLine } from './text.ts'

/**
 * `rescue`: what lies unsaved in it is kept under a ref first, then it goes. `rewrite`: it stays, without what others have
 * lost.
 */
export const Fate = z.enum(['remove', 'rescue', 'rewrite', 'keep'])
export type Fate = z.infer<typeof Fate>

export const CleaningItem = z.object({
  kind: z.enum(['seat', 'environment', 'worktree', 'pin', 'lock', 'leftover', 'demo', 'content', 'file', 'box']),
  /** What people call it: a seat's, a ref's or a folder's name. */
  name: z.string(),
  /** Where it lies; null for a ref. */
  path: z.string().nullable(),
  runId: z.string().nullable(),
  /** On disk; null: not measured. */
  bytes: z.number().nullable(),
  fate: Fate,
  why: z.string(),
})
export type CleaningItem = z.infer<typeof CleaningItem>

/** What became of an item: `note` says where its work was kept, or why it is still there after all. */
export const CleaningResult = CleaningItem.extend({ isGone: z.boolean(), note: z.string().nullable() })
export type CleaningResult = z.infer<typeof CleaningResult>

export const CleaningReport = z.object({
  results: z.array(CleaningResult),
  /** It was told to stop, or a run began, before all was done. */
  isCutShort: z.boolean(),
})
export type CleaningReport = z.infer<typeof CleaningReport>

const order: readonly Fate[] = ['remove', 'rescue', 'rewrite', 'keep']

/** One line an item, what goes first: fate, kind and name, size, reason. The same before as after. */
export const cleaningRows = (items: readonly CleaningItem[]): string[][] =>
  order
    .flatMap(fate => items.filter(item => item.fate === fate))
    .map(item => [item.fate, item.kind, cleanLine(item.name), fileSize(item.bytes), cleanLine(item.why, 300)])

/** Bytes of the items that are known, and how many are not. */
export const sumBytes = (items: readonly Pick<CleaningItem, 'bytes'>[]): { bytes: number; unmeasured: number } => ({
  bytes: items.reduce((sum, { bytes }) => sum + (bytes ?? 0), 0),
  unmeasured: items.filter(({ bytes }) => bytes === null).length,
})

/** `3 things, 12.0 MiB`, with what is not measured said. */
export const amountText = (items: readonly Pick<CleaningItem, 'bytes'>[]): string => {
  const { bytes, unmeasured } = sumBytes(items)
  return `${many(items.length, 'thing')}, ${fileSize(bytes)}${unmeasured === 0 ? '' : ` (${unmeasured} not measured)`}`
}
