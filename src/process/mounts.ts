/** What of the disk a box sees, at the names it has outside: whatever is not named here does not exist inside. */
import { existsSync, statSync } from 'node:fs'
import { AgentLabError, exitCode } from '../domain/errors.ts'
import type { LaunchPolicy } from '../domain/launch.ts'
import { memoryPlaces, systemPlaces } from './system-places.ts'
import { type Trail, trailOf } from './trail.ts'

export type Mount =
  | { kind: 'hideDirectory' | 'hideFile' | 'read' | 'write'; path: string }
  | { kind: 'link'; path: string; target: string }

/**
 * Mounts of a policy in order, from shallow to deep, so that the deepest decides. Looks at the disk: what does not exist
 * is left out, and appears in no box that is built already. `ownTools` stand before every command: prlimit, socat.
 * @throws AgentLabError `no-wall` (exit 5) when a writable directory is missing or reached by a link
 */
export const mountsOf = (
  policy: Pick<LaunchPolicy, 'hidden' | 'readable' | 'writable' | 'network'>,
  ownTools: readonly string[] = [],
): Mount[] => {
  const gate = typeof policy.network === 'string' ? null : policy.network.socket
  const named = [...ownTools, ...policy.readable, ...(gate === null ? [] : [gate])]
  const trails = [...systemTrails('/'), ...named.map(path => trailOf(path))]
  const open = [...trails.flatMap(readable), ...policy.writable.map(writable)]
  // In memory of the box's own a hidden place is absent, but what is opened in it would bring it along writable.
  const shut = policy.hidden
    .flatMap(hidden)
    .filter(({ path }) => [...memoryPlaces, ...open].some(place => holds(place.path, path)))
  return withLinks([...open, ...shut], trails)
}

/** Those of the system alone. `root` is the directory taken for `/`. */
export const systemMounts = (root = '/'): Mount[] => {
  const trails = systemTrails(root)
  return withLinks(trails.flatMap(readable), trails)
}

const systemTrails = (root: string): Trail[] => systemPlaces(root).map(path => trailOf(path, root))

const withLinks = (mounts: Mount[], trails: Trail[]): Mount[] => {
  const places = withoutRepetition(inOrder(mounts))
  return inOrder([...places, ...trails.flatMap(({ links }) => linksLostIn(places, links)), runsOldName])
}

const runsOldName: Mount = { kind: 'link', path: '/var/run', target: '/run' }

/** Without what is readable by the mount around it already. */
const withoutRepetition = (places: Mount[]): Mount[] =>
  places.filter(
    (place, index) => place.kind !== 'read' || covering(places.slice(0, index), place.path)?.kind !== 'read',
  )

const readable = ({ real }: Trail): Mount[] => (real === null || real === '/' ? [] : [{ kind: 'read', path: real }])

/** A link that a mount brings along is there already; the others are made. */
const linksLostIn = (places: Mount[], links: Trail['links']): Mount[] =>
  links
    .filter(({ path }) => ['hideDirectory', undefined].includes(covering(places, path)?.kind))
    .filter(({ path }) => !memoryPlaces.some(place => place.path === path))
    .map(link => ({ kind: 'link', ...link }))

const covering = (places: Mount[], path: string): Mount | undefined => places.findLast(mount => holds(mount.path, path))

const holds = (outer: string, inner: string): boolean => inner === outer || inner.startsWith(`${outer}/`)

/** Shallow before deep, and of several for one path writable wins over hidden over readable. */
export const inOrder = (mounts: Mount[]): Mount[] => {
  const last = new Map(mounts.toSorted((a, b) => rank[a.kind] - rank[b.kind]).map(mount => [mount.path, mount]))
  return [...last.values()].toSorted((a, b) => depth(a.path) - depth(b.path) || (a.path < b.path ? -1 : 1))
}

const rank = { link: 0, read: 1, hideDirectory: 2, hideFile: 2, write: 3 } as const

const depth = (path: string): number => path.split('/').filter(part => part !== '').length

const hidden = (path: string): Mount[] => {
  // Most of what could be there is not: one look instead of one for each folder on the way.
  const real = existsSync(path) ? trailOf(path).real : null
  if (real === null || real === '/') return []
  return [{ kind: statSync(real).isDirectory() ? 'hideDirectory' : 'hideFile', path: real }]
}

const writable = (path: string): Mount => {
  const { real, links } = trailOf(path)
  if (real === path && existsSync(path)) return { kind: 'write', path }
  const why = links.length === 0 ? 'it does not exist' : `it is reached through a symbolic link (${links[0]!.path})`
  throw new AgentLabError(`launch failed on the writable directory ${path}: ${why}`, {
    code: 'no-wall',
    exit: exitCode.noWall,
  })
}
