/** The main branch as it is now, read and never written: it may have been renamed, rewritten or removed at any time. */
import { loadConfig } from '../config/load.ts'
import type { Oid } from '../domain/ids.ts'
import type { MainState } from '../domain/reasons.ts'
import { integrationsBetween } from '../git/integrate.ts'
import { branchRef, hasObject, isAncestor, readRef } from '../git/refs.ts'
import type { Host } from './host.ts'

export interface MainTip {
  branch: string
  commit: Oid
}

/** Its name by the configuration of this moment, and its tip; null where there is no such branch. */
export const mainTip = async (host: Host): Promise<MainTip | null> => {
  const { repository, env } = host.project
  const { effective } = await loadConfig({ repoRoot: repository.root, env })
  const branch = effective.main ?? repository.mainBranch
  const commit = branch === null ? null : await readRef(repository, branchRef(branch))
  return branch === null || commit === null ? null : { branch, commit }
}

/** How main stands to a tip of the integration branch. */
export const mainStateOf = async (host: Host, main: MainTip | null, agent: Oid): Promise<MainState> => {
  if (main === null) return 'missing'
  if (await isRewritten(host, main.commit, agent)) return 'rewritten'
  return (await isAncestor(host.project.repository, main.commit, agent)) ? 'held' : 'ahead'
}

/** Whether the integration branch holds commits that were main's when a run began and are not any more. */
const isRewritten = async (host: Host, main: Oid, agent: Oid): Promise<boolean> => {
  const { repository } = host.project
  const entries = await integrationsBetween(repository, main, agent)
  for (const entry of entries) {
    if (entry.kind === 'sync' && !(await isAncestor(repository, entry.main, main))) return true
  }
  const own = entries.filter(entry => entry.kind === 'foreign')
  if (own.length === 0) return false
  for (const known of knownMains(host)) {
    if (!(await hasObject(repository, known))) continue
    for (const { commit } of own) if (await isAncestor(repository, commit, known)) return true
  }
  return false
}

/** Where main stood as runs began, newest first. */
const knownMains = (host: Host): Oid[] => {
  const mains = host.project.store.events
    .ofType('base.ready')
    .flatMap(({ event }) => (event.type === 'base.ready' ? [event.main] : []))
  return [...new Set(mains.toReversed())]
}
