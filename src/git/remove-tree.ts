/** Removes a directory that foreign processes have written into. */
import { chmod, lstat, readdir, rm } from 'node:fs/promises'
import { join } from 'node:path'

const openDirectories = async (path: string): Promise<void> => {
  const found = await lstat(path).catch(() => null)
  if (!found?.isDirectory()) return
  await chmod(path, 0o700)
  for (const entry of await readdir(path, { withFileTypes: true }))
    if (entry.isDirectory()) await openDirectories(join(path, entry.name))
}

/** Removes a tree, links as links, also where directories were made unreadable. Missing is fine. */
export const removeTree = async (path: string): Promise<void> => {
  try {
    await rm(path, { recursive: true, force: true })
  } catch (error) {
    if (!['EACCES', 'EPERM', 'ENOTEMPTY'].includes((error as NodeJS.ErrnoException).code ?? '')) throw error
    await openDirectories(path)
    await rm(path, { recursive: true, force: true, maxRetries: 3 })
  }
}
