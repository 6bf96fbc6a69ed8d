/** What an environment depends on: the lane it is built in, the set-up's command, the content of its inputs, and the platform. */
import { createHash } from 'node:crypto'
import type { SetupDefinition } from '../../config/effective.ts'
import type { Oid } from '../../domain/ids.ts'
import type { Lane } from '../../domain/lane.ts'
import { listTree, type TreeEntry } from '../../git/blobs.ts'
import type { GitPlace } from '../../git/exec.ts'

/** The files of a tree that the set-up names as its inputs; a folder names all that lies in it, `*` any name, `**` any folders. */
export const inputsOf = async (
  repository: GitPlace,
  { inputs }: Pick<SetupDefinition, 'inputs'>,
  treeish: Oid,
): Promise<TreeEntry[]> => {
  const patterns = inputs.map(patternOf)
  return (await listTree(repository, treeish)).filter(entry => patterns.some(pattern => pattern.test(entry.path)))
}

const patternOf = (input: string): RegExp =>
  new RegExp(
    `^${input.replace(/[.+?^${}()|[\]\\]/g, '\\$&').replace(/\*+/g, stars => (stars.length > 1 ? '.*' : '[^/]*'))}(?:/|$)`,
  )

/** Whether two trees have the same inputs, to the byte. */
export const areSame = (one: readonly TreeEntry[], other: readonly TreeEntry[]): boolean =>
  factsOf(one).join('\n') === factsOf(other).join('\n')

const factsOf = (inputs: readonly TreeEntry[]): string[] =>
  inputs.map(({ mode, oid, path }) => `${mode} ${oid} ${path}`)

/**
 * The name of the environment: 24 hex digits. Without install scripts another one comes of the same inputs. Each lane has
 * its own: a set-up without a network sees more than its inputs, and what it makes of that is as confidential.
 */
export const environmentHash = (
  lane: Lane,
  { command }: Pick<SetupDefinition, 'command'>,
  inputs: readonly TreeEntry[],
  installScripts: boolean,
): string => {
  const facts = [lane, command, factsOf(inputs), process.platform, process.arch, process.versions.modules]
  return createHash('sha256')
    .update(JSON.stringify(installScripts ? facts : [...facts, 'without install scripts']))
    .digest('hex')
    .slice(0, 24)
}
