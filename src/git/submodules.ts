/** Where a commit has submodules. AgentLab leaves them empty and takes no change to them over. */
import type { Oid } from '../domain/ids.ts'
import { listTree } from './blobs.ts'
import type { GitPlace } from './exec.ts'

/** Paths of the submodules of a commit or tree, in git's order. */
export const submodulesOf = async (place: GitPlace, treeish: Oid): Promise<string[]> =>
  (await listTree(place, treeish)).filter(entry => entry.mode === '160000').map(entry => entry.path)

/** The submodule a repository-relative path is or lies in, or undefined. */
export const submoduleOf = (submodules: readonly string[], path: string): string | undefined => {
  const plain = path.replace(/^(?:\.\/)+/, '').replace(/\/+$/, '')
  return submodules.find(submodule => plain === submodule || plain.startsWith(`${submodule}/`))
}
