/**
 * Environments: what the set-up command adds to a checkout, built once per hash of lane, command, inputs and platform in
 * a seat of its own. Workers, verifiers and checks get theirs from here; never one that a stricter lane has built.
 */
import { join } from 'node:path'
import type { Oid } from '../../domain/ids.ts'
import { isLooser, Lane, strictness } from '../../domain/lane.ts'
import { branchRef, readRef } from '../../git/refs.ts'
import type { Host, RunScope } from '../host.ts'
import { eventsOf } from '../run-memory.ts'
import { type BuildOrder, build, type Environment } from './build.ts'
import { areSame, environmentHash, inputsOf } from './inputs.ts'
import { noteUser, readManifest } from './stored.ts'

const building = new Map<string, Promise<Environment>>()

/**
 * The environment of a tree; built when it is missing, once even if many ask at the same time. Scripts of packages run
 * only where a person has the same inputs on the main branch: what agents add to a manifest gets none. That the run has
 * used it is on record before it can.
 */
export const environmentOf = async (
  host: Host,
  scope: RunScope,
  tree: Oid,
  signal: AbortSignal,
): Promise<Environment> => {
  const { known, order } = await lookFor(host, scope, tree)
  const environment = known ?? (await buildOnce(host, scope, order, signal))
  if (environment.status === 'built') await noteUser(environment.dir, scope.runId)
  return environment
}

/** The environment of a tree where a run has built it; nothing is built, so none may be there although one is configured. */
export const environmentAtHand = async (host: Host, scope: RunScope, tree: Oid): Promise<Environment> =>
  (await lookFor(host, scope, tree)).known ?? { status: 'none', hash: 'none' }

type Found = { known: Environment; order: null } | { known: null; order: BuildOrder }

const lookFor = async (host: Host, scope: RunScope, tree: Oid): Promise<Found> => {
  const setup = scope.config.setup
  if (setup === null) return { known: { status: 'none', hash: 'none' }, order: null }
  const { repository, paths } = host.project
  const inputs = await inputsOf(repository, setup, tree)
  const main = await mainOf(host, scope)
  const installScripts = main !== null && areSame(inputs, await inputsOf(repository, setup, main))
  const placeIn = (lane: Lane): { hash: string; dir: string } => {
    const hash = environmentHash(lane, setup, inputs, installScripts)
    return { hash, dir: join(paths.environments, hash) }
  }
  for (const lane of readableIn(scope.lane)) {
    const { hash, dir } = placeIn(lane)
    const known = await readManifest(dir)
    if (known !== null) return { known: { status: 'built', hash, dir, paths: known }, order: null }
  }
  return { known: null, order: { tree, ...placeIn(scope.lane), command: setup.command, inputs, installScripts } }
}

/** A lane's own environment comes first, then those of looser lanes. */
const readableIn = (lane: Lane): Lane[] =>
  Lane.options.filter(one => !isLooser(lane, one)).toSorted((a, b) => strictness[b] - strictness[a])

/** Main as the run found it, so that all of a run is held against the same commit; before that, as it is. */
const mainOf = async (host: Host, scope: RunScope): Promise<Oid | null> => {
  const ready = eventsOf(host.project.store, scope.runId).find(({ event }) => event.type === 'base.ready')
  if (ready?.event.type === 'base.ready') return ready.event.main
  const { repository } = host.project
  return repository.mainBranch === null ? null : readRef(repository, branchRef(repository.mainBranch))
}

const buildOnce = async (host: Host, scope: RunScope, order: BuildOrder, signal: AbortSignal): Promise<Environment> => {
  for (;;) {
    const theirs = building.get(order.dir)
    if (theirs === undefined) break
    // Another task's build can be called off with that task; then this one builds.
    const built = await theirs.catch(() => null)
    signal.throwIfAborted()
    if (built !== null) return built
  }
  const ours = build(host, scope, order, signal)
  building.set(order.dir, ours)
  try {
    return await ours
  } finally {
    building.delete(order.dir)
  }
}
