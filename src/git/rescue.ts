/**
 * Keeps what lies unsaved in a worktree whose registration is broken: as a commit made with the repository's own git dir
 * and an index of its own. No git runs inside the folder, no filter and no hook runs, nothing in the folder is changed.
 */
import { copyFile, mkdtemp, rm } from 'node:fs/promises'
import { join } from 'node:path'
import type { Oid } from '../domain/ids.ts'
import { cleanLine } from '../domain/text.ts'
import { commitTree, composeMessage } from './commit.ts'
import { type GitOptions, git, gitText, records } from './exec.ts'
import { keepRescue } from './ref-write.ts'
import { treeOf } from './refs.ts'
import { commonPath, type Repository } from './repository.ts'
import { refHolding } from './rescue-refs.ts'

export interface RescueRequest {
  /** The worktree's name, a part of the ref. */
  name: string
  /** The folder with the files, or null when it is gone. */
  root: string | null
  /** The worktree's index, or null. What is staged is kept, too. */
  index: string | null
  /** What it had checked out, or null where that can't be told. */
  head: Oid | null
  /** Files that are missing are no work of anybody: it was never wholly laid out. */
  isHalfMade: boolean
  /** Epoch milliseconds. */
  when: number
}

export interface Rescue {
  /** Where it is kept; null: nothing was unsaved. */
  ref: string | null
  /** Why not all of it could be kept, or null. The folder must stay then. */
  left: string | null
}

/** Keeps files, staged content and commits that no lasting ref holds. Asking twice keeps it twice; nothing is lost. */
export const rescueWork = async (repository: Repository, request: RescueRequest): Promise<Rescue> => {
  const scratch = await mkdtemp(commonPath(repository, 'agentlab-rescue-'))
  try {
    const staged = await stagedTree(repository, request, join(scratch, 'staged'))
    const lying = await lyingTree(repository, request, join(scratch, 'files'))
    const ref = await keep(repository, request, [staged, lying.tree])
    return { ref, left: lying.left }
  } finally {
    await rm(scratch, { recursive: true, force: true })
  }
}

const keep = async (
  repository: Repository,
  request: RescueRequest,
  trees: readonly (Oid | null)[],
): Promise<string | null> => {
  const { head, name, when } = request
  const known = head === null ? null : await treeOf(repository, head)
  let tip = head
  for (const tree of new Set(trees)) {
    if (tree === null || tree === known || (tip !== head && tree === (await treeOf(repository, tip!)))) continue
    tip = await commitTree(repository, {
      tree,
      parents: tip === null ? [] : [tip],
      message: composeMessage(`Unsaved work found in worktree ${name}`, '', { Rescued: name }),
      when,
    })
  }
  const isSafe = tip === null || (tip === head && (await refHolding(repository, tip)) !== null)
  return isSafe ? null : keepRescue(repository, name, tip!, when)
}

const stagedTree = async (
  repository: Repository,
  { index, root }: RescueRequest,
  scratch: string,
): Promise<Oid | null> => {
  if (index === null || !(await copyFile(index, scratch).then(...outcome))) return null
  const place = { gitDir: repository.commonDir, root: root ?? repository.commonDir }
  const written = await git(place, ['write-tree'], { env: { GIT_INDEX_FILE: scratch } })
  return written.exitCode === 0 ? written.stdout.toString('utf8').trim() : null
}

const outcome = [() => true, () => false] as const

/** The tree of what lies in the folder; null when nothing in it differs from what was checked out. */
const lyingTree = async (
  repository: Repository,
  { root, head, isHalfMade }: RescueRequest,
  scratch: string,
): Promise<{ tree: Oid | null; left: string | null }> => {
  if (root === null) return { tree: null, left: null }
  const place = { gitDir: repository.commonDir, root }
  const options = { env: { GIT_INDEX_FILE: scratch }, config: await withoutFilters(repository), timeoutMs: 600_000 }
  if (head !== null) await gitText(place, ['read-tree', head], options)
  const links = await gitlinks(repository, root, options)
  await updateIndex(
    repository,
    root,
    links.map(({ path }) => `0 ${'0'.repeat(head?.length ?? 40)}\t${path}\0`),
    options,
  )
  const added = await git(place, ['add', '-A', '--sparse', '--ignore-errors', '.'], options)
  const now = await gitlinks(repository, root, options)
  const missing = links.filter(link => !now.some(({ path }) => path === link.path))
  await updateIndex(
    repository,
    root,
    missing.map(({ line }) => `${line}\0`),
    options,
  )
  const tree = await gitText(place, ['write-tree'], options)
  const nested = now.find(link => !links.some(({ line }) => line === link.line))
  const left = nested
    ? `${nested.path} is a repository of its own`
    : added.exitCode === 0
      ? await ignoredIn(repository, root, options)
      : 'a file in it can not be read'
  return { tree: await worthKeeping(repository, head, tree, isHalfMade), left }
}

/** Files that git ignores are not kept, and may be somebody's all the same. */
const ignoredIn = async (repository: Repository, root: string, options: GitOptions): Promise<string | null> => {
  const args = ['ls-files', '-z', '--others', '--ignored', '--exclude-standard', '--directory']
  const [first] = records((await git({ gitDir: repository.commonDir, root }, args, options)).stdout)
  return first === undefined ? null : `it holds files that git ignores (${cleanLine(first, 100)})`
}

/** In a folder that was never wholly laid out only what was added or changed is anybody's work. */
const worthKeeping = async (
  repository: Repository,
  head: Oid | null,
  tree: Oid,
  isHalfMade: boolean,
): Promise<Oid | null> => {
  if (head === null) return tree === emptyTree(tree) ? null : tree
  const kinds = isHalfMade ? ['--diff-filter=d'] : []
  const args = ['diff-tree', '-r', '--quiet', '--no-renames', ...kinds, await treeOf(repository, head), tree]
  return (await git(repository, args)).exitCode === 0 ? null : tree
}

const emptyTree = (like: Oid): Oid =>
  like.length === 64
    ? '6ef19b41225c5369f1c104d45d8d85efa9b057b53b14b4b9b939dd74decc5321'
    : '4b825dc642cb6eb9a060e54bf8d69288fbee4904'

/** Submodules stand aside while files are added: git would start itself inside them. */
const gitlinks = async (
  repository: Repository,
  root: string,
  options: GitOptions,
): Promise<{ path: string; line: string }[]> => {
  const listed = await git({ gitDir: repository.commonDir, root }, ['ls-files', '-s', '-z'], options)
  return records(listed.stdout)
    .filter(line => line.startsWith('160000 '))
    .map(line => ({ line, path: line.slice(line.indexOf('\t') + 1) }))
}

const updateIndex = async (
  repository: Repository,
  root: string,
  lines: string[],
  options: GitOptions,
): Promise<void> => {
  if (lines.length === 0) return
  const place = { gitDir: repository.commonDir, root }
  await gitText(place, ['update-index', '-z', '--index-info'], { ...options, input: lines.join('') })
}

/** Config under which no filter of the repository's runs; files are kept as they lie there. */
const withoutFilters = async (repository: Repository): Promise<Record<string, string>> => {
  const asked = await git(repository, ['config', '-z', '--name-only', '--get-regexp', '^filter\\.'])
  const drivers = new Set(records(asked.stdout).map(key => key.slice(0, key.lastIndexOf('.'))))
  const off = [...drivers].flatMap(driver => [
    [`${driver}.clean`, ''],
    [`${driver}.process`, ''],
    [`${driver}.required`, 'false'],
  ])
  return { 'core.sparseCheckout': 'false', 'core.safecrlf': 'false', ...Object.fromEntries(off) }
}
