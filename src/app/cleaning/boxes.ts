/** What is left of `agentlab box` where its process was killed. */
import { basename } from 'node:path'
import { orphanedThrowAways, removeThrowAway } from '../throw-away.ts'
import type { Ground } from './ground.ts'
import { gone, type Planned } from './planned.ts'

export const planBoxes = async (ground: Ground): Promise<Planned[]> => {
  const { env } = ground.project
  const planned: Planned[] = []
  for (const path of await orphanedThrowAways(env)) {
    const bytes = await ground.meter.measure(path)
    const why = 'its command was killed before it could be removed'
    const item = { kind: 'box' as const, name: basename(path), path, runId: null, bytes, fate: 'remove' as const, why }
    planned.push({
      item,
      act: async () => {
        await removeThrowAway(path, env)
        return gone()
      },
    })
  }
  return planned
}
