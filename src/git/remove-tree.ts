/** Removes a directory that foreign processes have written into. */
import { chmod, lstat, readdir, rm } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { run } from '../process/run.ts'

const codeOf = (error: unknown): string => (error as NodeJS.ErrnoException).code ?? ''

const openDirectories = async (path: string): Promise<void> => {
  const found = await lstat(path).catch(() => null)
  if (!found?.isDirectory()) return
  await chmod(path, 0o700)
  for (const entry of await readdir(path, { withFileTypes: true }))
    if (entry.isDirectory()) await openDirectories(join(path, entry.name))
}

/** Removes a tree, links as links, also where directories were made unreadable or too deep to be named. Missing is fine. */
export const removeTree = async (path: string): Promise<void> => {
  try {
    await rm(path, { recursive: true, force: true })
  } catch (error) {
    if (codeOf(error) === 'ENAMETOOLONG') return removeDeepTree(path)
    if (!['EACCES', 'EPERM', 'ENOTEMPTY'].includes(codeOf(error))) throw error
    await openDirectories(path)
    await rm(path, { recursive: true, force: true, maxRetries: 3 })
  }
}

/** These walk from folder to folder, so that no path is ever longer than one name. They follow no link. */
const removeDeepTree = async (path: string): Promise<void> => {
  const options = { cwd: '/', env: { PATH: '/usr/bin:/bin' }, timeoutMs: 10 * 60_000 }
  await run('/bin/chmod', ['-R', 'u+rwx', '--', resolve(path)], options)
  const removed = await run('/bin/rm', ['-rf', '--', resolve(path)], options)
  if (removed.exitCode !== 0) throw new Error(`rm failed on ${path}: ${removed.stderr}`)
}
