/** Walks a folder in the order of names, bounded; links are told, never followed. */
import type { Dirent } from 'node:fs'
import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { skippedFolders } from './paths.ts'

export interface Found {
  path: string
  entry: Dirent
  /** 1 for what lies in the folder itself. */
  depth: number
}

/** At most `most` entries; a folder that can't be read is passed over. */
export async function* walk(folder: string, most: number, maxDepth = Number.POSITIVE_INFINITY): AsyncGenerator<Found> {
  let left = most
  async function* visit(at: string, depth: number): AsyncGenerator<Found> {
    const entries = await readdir(at, { withFileTypes: true }).catch(() => [])
    for (const entry of entries.toSorted((a, b) => (a.name < b.name ? -1 : 1))) {
      if (left-- <= 0) return
      const path = join(at, entry.name)
      yield { path, entry, depth }
      if (entry.isDirectory() && depth < maxDepth && !skippedFolders.has(entry.name)) yield* visit(path, depth + 1)
    }
  }
  yield* visit(folder, 1)
}
