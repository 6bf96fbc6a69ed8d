/** Temporary folders of our own processes that were killed: of `doctor`, a box's terminal, a question for a version. */
import { basename } from 'node:path'
import { orphanedTemps, tempDirOf } from '../../process/owned-temp.ts'
import { removePlace } from '../walls/place.ts'
import type { Ground } from './ground.ts'
import { gone, type Planned } from './planned.ts'

export const planTemps = async (ground: Ground): Promise<Planned[]> => {
  const planned: Planned[] = []
  for (const path of await orphanedTemps(tempDirOf(ground.project.env))) {
    const bytes = await ground.meter.measure(path)
    const why = 'whoever made it was killed'
    const item = {
      kind: 'leftover' as const,
      name: basename(path),
      path,
      runId: null,
      bytes,
      fate: 'remove' as const,
      why,
    }
    // On another file system than the trash, perhaps; a second try finds it as long as the folder is there.
    const act = async () => {
      await removePlace(path)
      return gone()
    }
    planned.push({ item, act })
  }
  return planned
}
