/** Environments that only the chosen runs can have used: none of the others was there between its building and its last use. */
import { stat } from 'node:fs/promises'
import type { Ground } from '../cleaning/ground.ts'
import { discardAll, type Planned } from '../cleaning/planned.ts'
import { listEnvironments } from '../environment/stored.ts'
import type { Candidate } from './candidates.ts'

interface Span {
  from: number
  to: number
}

export const planOwnEnvironments = async (ground: Ground, chosen: readonly Candidate[]): Promise<Planned[]> => {
  const { paths, store } = ground.project
  const stored = await listEnvironments(paths.environments)
  if (stored.length === 0) return []
  const isChosen = (runId: string): boolean => chosen.some(one => one.runId === runId)
  const others = store.events
    .ofType('run.requested')
    .filter(({ event }) => !isChosen(event.runId))
    .map(({ at, event }): Span => ({ from: at, to: store.erasure.lastToldAt(event.runId) ?? at }))
  const planned: Planned[] = []
  for (const { hash: name, dir: path, usedAt } of stored) {
    const builtAt = await stat(path).then(found => found.birthtimeMs || found.mtimeMs)
    const used = { from: builtAt, to: usedAt ?? builtAt }
    const isOwn = !ground.isAnyAtWork && !others.some(span => span.from <= used.to && span.to >= used.from)
    const fate = isOwn ? ('remove' as const) : ('keep' as const)
    const why = isOwn ? 'only runs whose words go have used it' : 'another run may use it, or has'
    const bytes = await ground.meter.measure(path)
    const item = { kind: 'environment' as const, name, path, runId: null, bytes, fate, why }
    planned.push({ item, act: isOwn ? discardAll([path]) : null })
  }
  return planned
}
