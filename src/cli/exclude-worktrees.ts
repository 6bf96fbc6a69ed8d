/** Keeps `worktrees/` out of the operator's `git status`, in the one ignore file that is never committed. */
import { appendFile, mkdir, readFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'

const line = '/worktrees/'

/** True when the line was added; false when it stood there. Appends only. */
export const excludeWorktrees = async (commonDir: string): Promise<boolean> => {
  const path = join(commonDir, 'info', 'exclude')
  const text = await readFile(path, 'utf8').catch(() => '')
  if (text.split('\n').some(entry => [line, 'worktrees/', 'worktrees', '/worktrees'].includes(entry.trim())))
    return false
  await mkdir(dirname(path), { recursive: true })
  await appendFile(path, `${text === '' || text.endsWith('\n') ? '' : '\n'}${line}\n`)
  return true
}
