/** Folders of the bench, below .scratch of the repository, removed afterwards. */
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('../.scratch', import.meta.url))

/** Runs `work` in a fresh folder that is gone afterwards. */
export const inScratch = async <T>(work: (dir: string) => Promise<T>): Promise<T> => {
  mkdirSync(root, { recursive: true })
  const dir = mkdtempSync(join(root, 'bench-'))
  try {
    return await work(dir)
  } finally {
    rmSync(dir, { recursive: true, force: true })
  }
}
