/** What is said of the files an operator hands in, at a run's start and by `doctor`. */
import type { ListedFile } from '../app/handed-in.ts'

/** One line, or null where none are listed. */
export const handInLine = (files: readonly ListedFile[]): string | null => {
  const there = files.filter(file => file.isThere && file.refused === null).map(file => file.path)
  const missing = files.filter(file => !file.isThere).map(file => file.path)
  if (files.length === 0) return null
  const parts = [
    there.length === 0 ? '' : `every agent of a run gets a copy of ${there.join(', ')}`,
    missing.length === 0 ? '' : `not there, so left out: ${missing.join(', ')}`,
  ]
  return parts.filter(part => part !== '').join('; ')
}
