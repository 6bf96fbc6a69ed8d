/** Demos whose process was killed: their sample repository and its data dir. One that is kept is never among them. */
import { existsSync } from 'node:fs'
import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { dataDirOf, stateRootOf } from '../../config/data-dir.ts'
import { isLockHeld } from '../../store/lock.ts'
import { isOrphaned } from '../folder-owner.ts'
import { projectPaths } from '../project.ts'
import { sumOf } from './disk-usage.ts'
import type { Ground } from './ground.ts'
import { discardAll, type Planned } from './planned.ts'

/** An operator may want to go on with a demo that was killed. */
const lookedAtMs = 24 * 3_600_000

export const planDemos = async (ground: Ground): Promise<Planned[]> => {
  const { env } = ground.project
  const root = join(stateRootOf({ env }), 'demo')
  const planned: Planned[] = []
  for (const name of (await readdir(root).catch(() => [])).toSorted()) {
    const folder = join(root, name)
    if (!(await isOrphaned(folder, ground.now, lookedAtMs))) continue
    const gitDir = join(folder, 'repo', '.git')
    const dataDir = existsSync(gitDir) ? dataDirOf({ commonGitDir: gitDir, env }) : null
    if (dataDir !== null && isServed(dataDir)) continue
    // The marker lies in the folder, so the folder goes last.
    const paths = dataDir === null ? [folder] : [dataDir, folder]
    const bytes = sumOf(await Promise.all(paths.map(path => ground.meter.measure(path))))
    const why = 'its demo was killed before it could be removed'
    const item = { kind: 'demo' as const, name, path: folder, runId: null, bytes, fate: 'remove' as const, why }
    planned.push({ item, act: discardAll(paths) })
  }
  return planned
}

const isServed = (dataDir: string): boolean => {
  const { lock } = projectPaths(dataDir)
  return existsSync(lock) && isLockHeld(lock)
}
