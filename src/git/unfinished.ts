/** What the operator has begun on a branch and not finished, read from the files git itself keeps of it. */
import { access, readdir, readFile } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import type { Repository } from './repository.ts'

/** One merge, rebase or the like under way. */
export interface Unfinished {
  /** The git command that goes on with it. */
  what: 'merge' | 'rebase' | 'am' | 'cherry-pick' | 'revert' | 'bisect'
  /** Full refs it will move, or was begun on. */
  refs: string[]
  /** Top of the work tree it goes on in; null where that is not known. */
  worktree: string | null
  /** It goes on in the worktree AgentLab was called in. */
  isHere: boolean
}

type WorkTree = { gitDir: string; path: string | null }

const textOf = (file: string): Promise<string | null> =>
  readFile(file, 'utf8').then(
    text => text.trim(),
    () => null,
  )

const isThere = (file: string): Promise<boolean> =>
  access(file).then(
    () => true,
    () => false,
  )

const workTrees = async ({ commonDir }: Repository): Promise<WorkTree[]> => {
  const records = join(commonDir, 'worktrees')
  const names = await readdir(records).catch(() => [])
  const linked = names.map(async (name): Promise<WorkTree> => {
    const dotGit = await textOf(join(records, name, 'gitdir'))
    return { gitDir: join(records, name), path: dotGit === null ? null : dirname(dotGit) }
  })
  const main = { gitDir: commonDir, path: basename(commonDir) === '.git' ? dirname(commonDir) : null }
  return [main, ...(await Promise.all(linked))]
}

/** Refs a rebase moves at its end: the branch itself, and those `--update-refs` takes along. */
const refsOfRebase = async (state: string): Promise<string[]> => {
  const texts = await Promise.all(['head-name', 'update-refs'].map(name => textOf(join(state, name))))
  return texts.flatMap(text => (text ?? '').split('\n')).filter(line => line.startsWith('refs/heads/'))
}

type Step = Pick<Unfinished, 'what' | 'refs'>

const rebaseIn = async (gitDir: string): Promise<Step | null> => {
  for (const name of ['rebase-merge', 'rebase-apply']) {
    const state = join(gitDir, name)
    if ((await isThere(state)) && !(await isThere(join(state, 'applying'))))
      return { what: 'rebase', refs: await refsOfRebase(state) }
  }
  return null
}

/** A file git keeps while it is at something, in the order in which they count. */
const marks = [
  ['rebase-apply/applying', 'am'],
  ['MERGE_HEAD', 'merge'],
  ['CHERRY_PICK_HEAD', 'cherry-pick'],
  ['REVERT_HEAD', 'revert'],
] as const

const stepIn = async (gitDir: string): Promise<Step | null> => {
  const rebase = await rebaseIn(gitDir)
  if (rebase !== null) return rebase
  const head = (await textOf(join(gitDir, 'HEAD')))?.replace(/^ref: /, '') ?? ''
  for (const [mark, what] of marks) if (await isThere(join(gitDir, mark))) return { what, refs: [head] }
  const start = await textOf(join(gitDir, 'BISECT_START'))
  return start === null ? null : { what: 'bisect', refs: [`refs/heads/${start.replace(/^refs\/heads\//, '')}`] }
}

/** Everything unfinished in the work trees of a repository. No process runs. */
export const unfinishedIn = async (repository: Repository): Promise<Unfinished[]> => {
  const found = (await workTrees(repository)).map(async ({ gitDir, path }): Promise<Unfinished[]> => {
    const step = await stepIn(gitDir)
    return step === null ? [] : [{ ...step, worktree: path, isHere: gitDir === repository.gitDir }]
  })
  return (await Promise.all(found)).flat()
}

const shellWord = (text: string): string =>
  /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`

/** The line to type: ends it, or goes on with it. */
export const unfinishedCure = ({ what, worktree, isHere }: Unfinished): string => {
  const git = isHere || worktree === null ? 'git' : `git -C ${shellWord(worktree)}`
  return what === 'bisect'
    ? `${git} bisect reset`
    : `${git} ${what} --continue    (or, to drop it: ${git} ${what} --abort)`
}
