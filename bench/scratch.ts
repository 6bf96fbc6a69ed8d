/** Folders of the bench, below .scratch of the repository, removed afterwards. */
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('../.scratch', import.meta.url))

/** Where programs of the bench keep compiled code from one to the next. */
export const compiled = join(root, 'bench-compiled')

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
