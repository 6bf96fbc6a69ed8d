/** Reading refs and ancestry. Writing is in ref-write.ts. */
import { AgentLabError } from '../domain/errors.ts'
import { Oid, type RunId } from '../domain/ids.ts'
import { type GitPlace, git, gitFailure, gitText } from './exec.ts'
import { readerOf } from './object-reader.ts'
import { remembered } from './remembered.ts'

/** Checks that a name is a full ref below `refs/` that can stand in any position of a git call. */
export const fullRef = (ref: string): string => {
  if (/^refs\/[A-Za-z0-9][A-Za-z0-9._/@+-]*$/.test(ref) && !ref.includes('..')) return ref
  throw new AgentLabError(`git failed on ref ${JSON.stringify(ref)}: it is not a full, plain ref name`, {
    code: 'bad-ref',
  })
}

/** The full ref of a branch's short name. */
export const branchRef = (branch: string): string => fullRef(`refs/heads/${branch}`)

/** The object a full ref names, or null where there is none. */
export const readRef = async (place: GitPlace, ref: string): Promise<Oid | null> => {
  const known = await readerOf(place)?.facts(fullRef(ref))
  if (known) return known.oid
  const { exitCode, stdout } = await git(place, ['rev-parse', '-q', '--verify', '--end-of-options', fullRef(ref)])
  return exitCode === 0 ? Oid.parse(stdout.toString('utf8').trim()) : null
}

/** The commit HEAD stands on, or null before the first commit. */
export const readHead = async (place: GitPlace): Promise<Oid | null> => {
  const { exitCode, stdout } = await git(place, ['rev-parse', '-q', '--verify', 'HEAD^{commit}'])
  return exitCode === 0 ? Oid.parse(stdout.toString('utf8').trim()) : null
}

/** The tree of a commit (a tree gives itself). Throws `git-failed` where the object is missing. */
export const treeOf = remembered(1_000, async (place: GitPlace, commit: Oid): Promise<Oid> => {
  const known = await readerOf(place)?.facts(`${Oid.parse(commit)}^{tree}`)
  if (known) return known.oid
  return Oid.parse(await gitText(place, ['rev-parse', '--verify', '--end-of-options', `${Oid.parse(commit)}^{tree}`]))
})

/** Whether the object is in the store. */
export const hasObject = async (place: GitPlace, oid: Oid): Promise<boolean> =>
  Boolean(await readerOf(place)?.facts(Oid.parse(oid))) ||
  (await git(place, ['cat-file', '-e', Oid.parse(oid)])).exitCode === 0

/** Whether `ancestor` is reachable from `descendant` (or the same commit). */
export const isAncestor = async (place: GitPlace, ancestor: Oid, descendant: Oid): Promise<boolean> => {
  const args = ['merge-base', '--is-ancestor', Oid.parse(ancestor), Oid.parse(descendant)]
  const result = await git(place, args)
  if (result.exitCode > 1) throw gitFailure(place, args, result)
  return result.exitCode === 0
}

/** The best common ancestor, or null for unrelated histories. */
export const mergeBase = async (place: GitPlace, one: Oid, other: Oid): Promise<Oid | null> => {
  const args = ['merge-base', Oid.parse(one), Oid.parse(other)]
  const result = await git(place, args)
  if (result.exitCode > 1) throw gitFailure(place, args, result)
  return result.exitCode === 0 ? Oid.parse(result.stdout.toString('utf8').trim()) : null
}

/** All local branches, or those below a prefix such as `task`: short name → tip. */
export const listBranches = async (place: GitPlace, prefix = ''): Promise<Map<string, Oid>> => {
  const below = prefix === '' ? 'refs/heads' : branchRef(prefix)
  const text = await gitText(place, ['for-each-ref', '--format=%(objectname) %(refname:lstrip=2)', below])
  const lines = text === '' ? [] : text.split('\n')
  return new Map(lines.map(line => [line.slice(line.indexOf(' ') + 1), Oid.parse(line.slice(0, line.indexOf(' ')))]))
}

/** How many commits `to` has that `from` lacks. */
export const countCommits = async (place: GitPlace, from: Oid, to: Oid): Promise<number> =>
  Number(await gitText(place, ['rev-list', '--count', `${Oid.parse(from)}..${Oid.parse(to)}`]))

/** Where an imported run's commits are held; each ref is named by its commit. */
export const importedRefs = (runId: RunId): string => `refs/agentlab/imported/${runId}`

/** Every ref of imported runs, by run. */
export const listImportedRefs = async (place: GitPlace): Promise<Map<string, string[]>> => {
  const text = await gitText(place, ['for-each-ref', '--format=%(refname)', 'refs/agentlab/imported'])
  const refs = text === '' ? [] : text.split('\n')
  return Map.groupBy(refs, ref => ref.split('/')[3] ?? '')
}
