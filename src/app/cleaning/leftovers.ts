/** What a kill left behind: objects of a harvest cut short, views of a diff tool, locks of the dead, and half-removed things. */
import { readdir, rm, stat } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { branchNames } from '../../config/branches.ts'
import { WorkerName } from '../../domain/lane.ts'
import { outlivedFiles } from '../../git/stale-locks.ts'
import type { Ground } from './ground.ts'
import { discardAll, gone, type Planned } from './planned.ts'

/** Where what is being removed lies until it is gone. */
export const trashOf = (dataDir: string): string => join(dataDir, 'trash')

/** A diff tool can be open for long. */
const viewMs = 24 * 3_600_000

export const planLeftovers = async (ground: Ground): Promise<Planned[]> => {
  const { dataDir } = ground.project
  const incoming = await below(join(dataDir, 'incoming'))
  const views = await below(join(dataDir, 'views'))
  const half = await below(trashOf(dataDir))
  const old = await Promise.all(views.map(path => isOlder(path, ground.now - viewMs)))
  const groups: [string[], string, string | null][] = [
    [half, 'its removal was cut short', null],
    [incoming, 'a harvest was cut short', ground.isAnyAtWork ? 'a run is under way and may use it' : null],
    [views.filter((_, index) => old[index]), 'a diff tool was ended before it could be removed', null],
    [views.filter((_, index) => !old[index]), '', 'a diff tool may still show it'],
  ]
  const items = groups.flatMap(([paths, why, keeps]) => paths.map(path => leftover(ground, path, why, keeps)))
  return [...(await Promise.all(items)), ...(await outlived(ground))]
}

const below = async (folder: string): Promise<string[]> =>
  (await readdir(folder).catch(() => [])).toSorted().map(name => join(folder, name))

const isOlder = (path: string, time: number): Promise<boolean> =>
  stat(path).then(
    found => found.mtimeMs < time,
    () => true,
  )

const leftover = async (ground: Ground, path: string, why: string, keeps: string | null): Promise<Planned> => {
  const fate = keeps === null ? ('remove' as const) : ('keep' as const)
  const bytes = await ground.meter.measure(path)
  const item = { kind: 'leftover' as const, name: basename(path), path, runId: null, bytes, fate, why: keeps ?? why }
  return { item, act: keeps === null ? discardAll([path]) : null }
}

const outlived = async (ground: Ground): Promise<Planned[]> => {
  const { repository, config } = ground.project
  const names = branchNames(config.effective.branches)
  const own = [names.agent, `${config.effective.branches.prefix}task/`, ...WorkerName.options.map(names.worker)]
  const found = await outlivedFiles(repository, own, ground.now)
  return Promise.all(
    found.map(async ({ path, what }): Promise<Planned> => {
      const why = what === 'lock' ? 'whoever held it is dead' : 'whoever made it was killed'
      const bytes = await ground.meter.measure(path)
      const act = async () => {
        await rm(path, { recursive: true, force: true })
        return gone()
      }
      return { item: { kind: what, name: basename(path), path, runId: null, bytes, fate: 'remove', why }, act }
    }),
  )
}
