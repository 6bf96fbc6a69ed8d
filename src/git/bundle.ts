/** Writes commits of the operator's repository as a git bundle, without a ref of his being made or moved for it. */
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { AgentLabError, exitCode } from '../domain/errors.ts'
import { Oid, type RunId } from '../domain/ids.ts'
import { type GitPlace, git, gitFailure, gitText } from './exec.ts'
import { alternatesLine } from './object-dirs.ts'
import { importedRefs } from './refs.ts'
import type { Repository } from './repository.ts'

export interface BundleWish {
  runId: RunId
  /** Those that git has no longer are left out. */
  commits: readonly Oid[]
  /** Leave out what this commit stands on; null: the bundle needs nothing. */
  thinAgainst: Oid | null
  /** A folder no worker can write. */
  scratchDir: string
  /** Of the bundle, which is made. */
  path: string
}

/**
 * Gives the commits it holds refs for: those of the wish that no other of them leads to. None: nothing was written.
 * @throws AgentLabError `shallow-history` (exit 2) where a whole bundle can't be made, `git-failed`
 */
export const writeBundle = async (repository: Repository, wish: BundleWish): Promise<Oid[]> => {
  const { thinAgainst, runId } = wish
  const here = await commitsHere(repository, wish.commits)
  const heads = here.length === 0 ? [] : await independent(repository, here)
  const told = thinAgainst === null ? heads : await beyond(repository, heads, thinAgainst)
  if (told.length === 0) return []
  if (thinAgainst === null && repository.isShallow) throw shallow(runId)
  const place = await borrowingRepository(repository, wish.scratchDir)
  try {
    const refs = told.map(oid => `${importedRefs(runId)}/${oid}`)
    const input = refs.map((ref, index) => `create ${ref} ${told[index]}\n`).join('')
    await succeed(place, ['update-ref', '--stdin'], input)
    const revisions = [...refs, ...(thinAgainst === null ? [] : [`^${Oid.parse(thinAgainst)}`])].join('\n')
    await succeed(place, ['bundle', 'create', '-q', wish.path, '--stdin'], `${revisions}\n`)
    return told
  } finally {
    await rm(place.root, { recursive: true, force: true })
  }
}

/** A bare repository for a moment, that sees the operator's objects and has refs of its own. */
const borrowingRepository = async (repository: Repository, scratchDir: string): Promise<GitPlace> => {
  const root = await mkdtemp(join(scratchDir, 'incoming-bundle-'))
  const place = { root, gitDir: root }
  await mkdir(join(root, 'objects', 'info'), { recursive: true })
  await mkdir(join(root, 'refs'))
  await writeFile(join(root, 'HEAD'), 'ref: refs/heads/none\n')
  const format = repository.objectFormat === 'sha256' ? '\n[extensions]\n\tobjectFormat = sha256\n' : ''
  await writeFile(
    join(root, 'config'),
    `[core]\n\trepositoryFormatVersion = ${format === '' ? 0 : 1}\n\tbare = true\n${format}`,
  )
  const lines = repository.objectDirs.map(dir => `${alternatesLine(dir)}\n`).join('')
  await writeFile(join(root, 'objects', 'info', 'alternates'), lines)
  return place
}

const succeed = async (place: GitPlace, args: string[], input: string): Promise<void> => {
  const result = await git(place, args, { input, timeoutMs: 600_000, config: { 'pack.threads': '1' } })
  if (result.exitCode !== 0) throw gitFailure(place, args, result)
}

const commitsHere = async (place: GitPlace, commits: readonly Oid[]): Promise<Oid[]> => {
  if (commits.length === 0) return []
  const input = [...new Set(commits)].map(oid => `${Oid.parse(oid)}\n`).join('')
  const args = ['cat-file', '--batch-check=%(objectname) %(objecttype)']
  const result = await git(place, args, { input })
  if (result.exitCode !== 0) throw gitFailure(place, args, result)
  const lines = result.stdout.toString('utf8').split('\n')
  return lines.flatMap(line => (line.endsWith(' commit') ? [Oid.parse(line.split(' ')[0])] : []))
}

const independent = async (place: GitPlace, commits: readonly Oid[]): Promise<Oid[]> =>
  (await gitText(place, ['merge-base', '--independent', ...commits])).split('\n').filter(line => line !== '')

/** Those of the heads that a thin bundle has anything to say of: one the base holds would make it empty. */
const beyond = async (place: GitPlace, heads: readonly Oid[], base: Oid): Promise<Oid[]> => {
  const flags = await Promise.all(
    heads.map(async head => (await git(place, ['merge-base', '--is-ancestor', head, base])).exitCode !== 0),
  )
  return heads.filter((_, index) => flags[index])
}

const shallow = (runId: RunId): AgentLabError =>
  new AgentLabError(
    `export failed on ${runId}: this is a shallow clone, so a whole bundle of its commits can't be made`,
    {
      code: 'shallow-history',
      cure: `Leave out what the other side has: agentlab export ${runId} --thin`,
      exit: exitCode.wrongUse,
    },
  )

/** Runs that the trailers of the commits name, up to each head and not before `since`. Anybody can write a trailer. */
export const runsNamed = async (place: GitPlace, heads: readonly Oid[], since: Oid | null): Promise<string[]> => {
  if (heads.length === 0) return []
  const format = '--format=%(trailers:key=AgentLab-Run,valueonly)'
  const args = ['log', format, ...heads.map(oid => Oid.parse(oid)), ...(since === null ? [] : [`^${Oid.parse(since)}`])]
  const lines = (await gitText(place, [...args, '--'])).split('\n')
  return [...new Set(lines.filter(line => /^[a-z0-9]{8}$/.test(line)))]
}
