/** Whether somebody is promoting at this moment: `promote` holds a lock of its own from what it shows to what it moves. */
import { existsSync } from 'node:fs'
import { isLockHeld, lockHolder } from '../../store/lock.ts'
import type { Project } from '../project.ts'

/** Says who, or null. */
export const promotionUnderWay = ({ paths }: Pick<Project, 'paths'>): string | null => {
  if (!existsSync(paths.promoteLock) || !isLockHeld(paths.promoteLock)) return null
  const pid = lockHolder(paths.promoteLock)?.pid
  return `its work is being promoted${pid === undefined ? '' : ` (process ${pid})`}`
}
