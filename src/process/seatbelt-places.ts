/** The places of a policy for macOS's sandbox, which knows files by their real paths alone. */
import { realpathSync, statSync } from 'node:fs'
import { AgentLabError, exitCode } from '../domain/errors.ts'
import type { LaunchPolicy } from '../domain/launch.ts'
import { inOrder } from './mounts.ts'
import type { Place } from './seatbelt.ts'

/**
 * What exists of a policy's places, at its real path, the deepest last: as the mounts of a box on Linux.
 * @throws AgentLabError `no-wall` (exit 5) when a writable directory is missing or reached by a link
 */
export const seatbeltPlaces = (policy: Pick<LaunchPolicy, 'hidden' | 'readable' | 'writable'>): Place[] =>
  inOrder([...policy.hidden.flatMap(hidden), ...policy.readable.flatMap(readable), ...policy.writable.map(writable)])

const readable = (path: string): Place[] => {
  const real = realPath(path)
  return real === null || real === '/' ? [] : [{ kind: 'read', path: real }]
}

const hidden = (path: string): Place[] => {
  const real = realPath(path)
  if (real === null || real === '/') return []
  return [{ kind: statSync(real).isDirectory() ? 'hideDirectory' : 'hideFile', path: real }]
}

const writable = (path: string): Place => {
  const real = realPath(path)
  if (real === path) return { kind: 'write', path }
  throw new AgentLabError(
    `launch failed on the writable directory ${path}: ${real === null ? 'it does not exist' : `it is really ${real}`}`,
    { code: 'no-wall', exit: exitCode.noWall },
  )
}

const realPath = (path: string): string | null => {
  try {
    return realpathSync(path)
  } catch {
    return null
  }
}
