/**
 * A policy as a profile of macOS's sandbox (SBPL, of which later rules win). Pure. Never run on macOS so far: what it
 * promises there is for `agentlab doctor --walls` to find out. A name from outside never stands in the text: paths are
 * parameters, which sandbox-exec takes as they are.
 */
import { dirname } from 'node:path'
import type { Network } from '../domain/launch.ts'
import type { Mount } from './mounts.ts'
import { systemRules } from './seatbelt-system.ts'

export interface SeatbeltProfile {
  text: string
  /** Values of the parameters the text names. */
  parameters: ReadonlyMap<string, string>
}

/** Real paths of a policy, shallow before deep: of those around a path the last decides. */
export type Place = Extract<Mount, { path: string }>

export const seatbeltProfile = (places: readonly Place[], network: Network): SeatbeltProfile => {
  const parameters = new Map<string, string>()
  const named = (path: string): string => {
    const known = [...parameters].find(([, value]) => value === path)?.[0]
    const name = known ?? `P${parameters.size}`
    parameters.set(name, path)
    return `(param "${name}")`
  }
  const literals = (paths: readonly string[]): string => paths.map(path => `\n  (literal ${named(path)})`).join('')
  const rules = [
    systemRules,
    ...places.flatMap(place => rulesOf(place, named(place.path))),
    ...rule('deny file-write-unlink file-write-create', literals(pinned(places))),
    // Programs look at each folder on the way to a file of theirs.
    ...rule('allow file-read-metadata', literals(ways(places))),
    ...networkRules(network),
  ]
  return { text: `${rules.join('\n')}\n`, parameters }
}

/** Arguments of /usr/bin/sandbox-exec, without its own name; `words` is the command. */
export const seatbeltArguments = ({ text, parameters }: SeatbeltProfile, words: readonly string[]): string[] => [
  ...[...parameters].flatMap(([name, path]) => ['-D', `${name}=${path}`]),
  ...['-p', text],
  ...words,
]

const rule = (head: string, filters: string): string[] => (filters === '' ? [] : [`(${head}${filters})`])

const rulesOf = ({ kind }: Place, path: string): string[] => {
  const below = `(subpath ${path})`
  switch (kind) {
    case 'hideDirectory':
    case 'hideFile':
      return [`(deny file-read* file-write* ${below})`]
    case 'read':
      return [`(allow file-read* ${below})`, `(deny file-write* ${below})`]
    case 'write':
      return [`(allow file-read* file-write* ${below})`]
    default:
      return []
  }
}

/**
 * Places that must stay where they are. Rules know names, not files: a folder that could be moved away, or whose parent
 * could, would take what is below it out from under its rule.
 */
const pinned = (places: readonly Place[]): string[] => {
  const writable = places.flatMap(({ kind, path }) => (kind === 'write' ? [path] : []))
  const below = (path: string): string[] =>
    writable.some(root => path.startsWith(`${root}/`)) ? [path, ...below(dirname(path))] : []
  return [...new Set([...writable, ...places.flatMap(({ path }) => below(path))])].toSorted()
}

const ways = (places: readonly Place[]): string[] => {
  const above = (path: string): string[] => (dirname(path) === path ? [] : [dirname(path), ...above(dirname(path))])
  return [...new Set(places.flatMap(({ kind, path }) => (kind.startsWith('hide') ? [] : above(path))))].toSorted()
}

// Without a network namespace there is no loopback of the box's own: one port of the machine's is the gate, whose token
// no other process knows. A name is resolved by nobody but where a set-up has the machine's network.
const networkRules = (network: Network): string[] => {
  const none = '(deny network*)'
  if (network === 'none') return [none]
  if (network !== 'host') return [none, `(allow network-outbound (remote ip "localhost:${network.port}"))`]
  return [
    none,
    '(allow network-outbound (remote ip "*:*") (literal "/private/var/run/mDNSResponder"))',
    '(allow network-inbound network-bind (local ip "*:*"))',
  ]
}
