/** What a partial clone has not fetched. Nothing of ours ever fetches it by itself: exec.ts forbids every transport. */
import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { Oid } from '../domain/ids.ts'
import { type GitPlace, git, gitBytes } from './exec.ts'

/** Whether a pack of the store promises more than it holds. */
const isPartial = async (objectDirs: readonly string[]): Promise<boolean> => {
  const names = await Promise.all(objectDirs.map(dir => readdir(join(dir, 'pack')).catch(() => [])))
  return names.flat().some(name => name.endsWith('.promisor'))
}

/** How many objects of these commits' trees are not here. 0 for a whole clone, without a process. */
export const countLacking = async (
  repository: GitPlace & { objectDirs: readonly string[] },
  commits: readonly Oid[],
): Promise<number> => {
  if (commits.length === 0 || !(await isPartial(repository.objectDirs))) return 0
  const args = ['rev-list', '--objects', '--missing=print', '--no-walk']
  const output = await gitBytes(repository, [...args, ...commits.map(commit => Oid.parse(commit))])
  const missing = output
    .toString('latin1')
    .split('\n')
    .filter(line => line.startsWith('?'))
  return new Set(missing).size
}

const plainName = /^[\w][\w./-]*$/

/** The line that fetches everything a partial clone left out. */
export const fetchAllLine = async (place: GitPlace): Promise<string> => {
  const { stdout } = await git(place, ['config', '-z', '--get-regexp', '^remote\\..*\\.promisor$'])
  const name = /^remote\.(.*)\.promisor\n/.exec(stdout.toString('utf8'))?.[1] ?? 'origin'
  return `git fetch --refetch --no-filter ${plainName.test(name) ? name : '<remote>'}`
}
