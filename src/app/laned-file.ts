/** Files that agents read, made of a run's words: written only where the words may go. */
import { writeFile } from 'node:fs/promises'
import { type InLane, type Laned, wordsFor } from '../domain/laned.ts'

/** @param place the run whose seat the path lies in */
export const writeWords = (place: InLane, path: string, content: Laned<string | Buffer>): Promise<void> =>
  writeFile(path, wordsFor(place, content), { mode: 0o600 })
