/** Environments that only the chosen runs have used, or runs that were erased before them: they may hold what those could see. */
import type { Ground } from '../cleaning/ground.ts'
import { discardAll, type Planned } from '../cleaning/planned.ts'
import { listEnvironments } from '../environment/stored.ts'
import type { Candidate } from './candidates.ts'

/** While a run is at work it may be about to use one; then the cleaning after it takes what is left over. */
export const planOwnEnvironments = async (ground: Ground, chosen: readonly Candidate[]): Promise<Planned[]> => {
  const { paths, store } = ground.project
  const kept = new Set(store.erasure.runIds().filter(runId => !chosen.some(one => one.runId === runId)))
  const planned: Planned[] = []
  for (const { hash: name, dir: path, users } of await listEnvironments(paths.environments)) {
    const isShared = users.some(runId => kept.has(runId))
    const isOwn = !isShared && !ground.isAnyAtWork
    const fate = isOwn ? ('remove' as const) : ('keep' as const)
    const keeps = isShared ? 'another run has used it too' : 'a run is under way and may use it'
    const why = isOwn ? 'only runs whose words go have used it' : keeps
    const bytes = await ground.meter.measure(path)
    const item = { kind: 'environment' as const, name, path, runId: null, bytes, fate, why }
    planned.push({ item, act: isOwn ? discardAll([path]) : null })
  }
  return planned
}
