/** What is said of broken worktrees and of rescued work, each with the line to type. */
import { cleanLine } from '../domain/text.ts'
import type { WorktreeRecord } from '../git/worktree-state.ts'

/** How rescued work is looked at. */
export const rescueCure = (ref: string): string => `Unsaved work is kept: git show ${ref}`

/** A worktree of the operator's own is never touched; what to type depends on what is wrong. */
export const cureOfOthers = ({ name, path, state, adminDir }: WorktreeRecord): string[] => {
  const where = cleanLine(path ?? name, 4_000)
  switch (state) {
    case 'missing':
      return [`${where} is yours and its folder is gone: git worktree prune`]
    case 'initializing':
      return [`${where} is yours and was never finished: git worktree remove --force --force ${where}`]
    case 'unfinished':
      return [`${where} is yours and its files were never laid out: git -C ${where} reset --hard`]
    case 'replaced':
      return [`${where} is yours and its .git was replaced; look at it, then: git worktree repair ${where}`]
    case 'corrupt':
      return [`${where} is yours and git's record of it is damaged; look at it: ${cleanLine(adminDir ?? '', 4_000)}`]
    default:
      return []
  }
}
