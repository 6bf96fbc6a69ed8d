/** Turns the paths of a policy into mounts: what exists, at its real path, in the order that makes the deepest one decide. */
import { realpathSync, statSync } from 'node:fs'
import { AgentLabError, exitCode } from '../domain/errors.ts'
import type { LaunchPolicy } from '../domain/launch.ts'

export interface Mount {
  kind: 'hideDirectory' | 'hideFile' | 'read' | 'write'
  path: string
}

/** Places of the machine nobody in a box needs: other programs' temporary files and sockets (docker, ssh-agent, dbus). */
const hiddenPlaces = ['/tmp', '/var/tmp', '/run', '/var/run']

/** Mounts of a policy in order. @throws AgentLabError `no-wall` when a writable directory is missing or reached by a link */
export const mountsOf = (policy: Pick<LaunchPolicy, 'hidden' | 'readable' | 'writable' | 'network'>): Mount[] => {
  const hide = [...hiddenPlaces, ...policy.hidden].flatMap(path => hidden(path))
  const gate = typeof policy.network === 'string' ? [] : [policy.network.socket].filter(path => path !== null)
  const readable = [...nameServiceFiles(), ...policy.readable, ...gate]
  const mounts = [...hide, ...readable.flatMap(readableAtItsRealPath), ...policy.writable.map(writable)]
  return inOrder([...mounts, ...linksLostIn(mounts, policy.readable)])
}

const readableAtItsRealPath = (path: string): Mount[] => {
  const real = realPath(path)
  return real === null ? [] : [{ kind: 'read', path: real }]
}

// A program that is called by a link (busybox, rustup) needs the link's name as well, where a hidden place swallows it.
const linksLostIn = (mounts: Mount[], readable: string[]): Mount[] =>
  readable
    .filter(path => ![null, path].includes(realPath(path)) && covering(mounts, path)?.kind === 'hideDirectory')
    .map(path => ({ kind: 'read', path }))

const covering = (mounts: Mount[], path: string): Mount | undefined =>
  inOrder(mounts).findLast(mount => path === mount.path || path.startsWith(`${mount.path}/`))

/** Shallow before deep, and of several for one path writable wins over hidden over readable. */
export const inOrder = (mounts: Mount[]): Mount[] => {
  const last = new Map(mounts.toSorted((a, b) => rank[a.kind] - rank[b.kind]).map(mount => [mount.path, mount]))
  return [...last.values()].toSorted((a, b) => depth(a.path) - depth(b.path) || (a.path < b.path ? -1 : 1))
}

const rank = { read: 0, hideDirectory: 1, hideFile: 1, write: 2 } as const

const depth = (path: string): number => path.split('/').filter(part => part !== '').length

const hidden = (path: string): Mount[] => {
  const real = realPath(path)
  if (real === null || real === '/') return []
  return [{ kind: statSync(real).isDirectory() ? 'hideDirectory' : 'hideFile', path: real }]
}

const writable = (path: string): Mount => {
  const real = realPath(path)
  if (real === path) return { kind: 'write', path }
  const why = real === null ? 'it does not exist' : `it is reached through a symbolic link (really ${real})`
  throw new AgentLabError(`launch failed on the writable directory ${path}: ${why}`, {
    code: 'no-wall',
    exit: exitCode.noWall,
  })
}

// On many systems resolv.conf is a link into /run; without its target no name resolves inside.
const nameServiceFiles = (): string[] => {
  const real = realPath('/etc/resolv.conf')
  return real === null || real === '/etc/resolv.conf' ? [] : [real]
}

const realPath = (path: string): string | null => {
  try {
    return realpathSync(path)
  } catch {
    return null
  }
}
