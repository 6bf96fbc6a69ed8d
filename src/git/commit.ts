/** Commits made without a work tree, and the trailers that make them machine-readable. */
import { AgentLabError } from '../domain/errors.ts'
import { Oid } from '../domain/ids.ts'
import { cleanLine, cleanText } from '../domain/text.ts'
import { type GitOptions, type GitPlace, gitText } from './exec.ts'
import { writeCommitObject } from './loose-object.ts'
import { readerOf } from './object-reader.ts'
import { agentLabIdentity, type Identity } from './operator-config.ts'

export interface NewCommit {
  tree: Oid
  parents: Oid[]
  message: string
  /** Default: AgentLab. The committer is always AgentLab. */
  author?: Identity
  /** Epoch milliseconds; the same input gives the same commit. */
  when: number
  options?: GitOptions
}

/** A place that may say where its objects lie. */
type Store = GitPlace & { objectDirs?: readonly string[] }

/** Writes a commit object and gives its id; moves nothing. Throws where the tree or a parent is missing. */
export const commitTree = async (place: Store, commit: NewCommit): Promise<Oid> => {
  const objectDir = place.objectDirs?.[0]
  const canWrite = objectDir !== undefined && commit.options === undefined && isPlain(commit)
  if (canWrite && (await isThere(place, commit.tree, 'tree')) && (await areThere(place, commit.parents)))
    return writeCommitObject(objectDir, commitText(commit), { format: formatOf(commit.tree), isDurable: true })
  return commitByGit(place, commit)
}

const commitByGit = async (place: GitPlace, commit: NewCommit): Promise<Oid> => {
  const author = commit.author ?? agentLabIdentity
  const date = `@${secondsOf(commit)} +0000`
  const parents = commit.parents.flatMap(parent => ['-p', Oid.parse(parent)])
  const oid = await gitText(place, ['commit-tree', Oid.parse(commit.tree), ...parents], {
    ...commit.options,
    input: commit.message,
    env: {
      ...commit.options?.env,
      GIT_AUTHOR_NAME: author.name,
      GIT_AUTHOR_EMAIL: author.email,
      GIT_AUTHOR_DATE: date,
      GIT_COMMITTER_NAME: agentLabIdentity.name,
      GIT_COMMITTER_EMAIL: agentLabIdentity.email,
      GIT_COMMITTER_DATE: date,
    },
  })
  return Oid.parse(oid)
}

const secondsOf = (commit: NewCommit): number => Math.floor(commit.when / 1000)

export const formatOf = (oid: Oid): 'sha1' | 'sha256' => (oid.length === 64 ? 'sha256' : 'sha1')

/** A commit's own text, as `git commit-tree` writes it for a commit that is plain. */
export const commitText = (commit: NewCommit): string => {
  const author = commit.author ?? agentLabIdentity
  const signature = ({ name, email }: Identity): string => `${name} <${email}> ${secondsOf(commit)} +0000`
  const parents = commit.parents.map(parent => `parent ${Oid.parse(parent)}\n`).join('')
  const people = `author ${signature(author)}\ncommitter ${signature(agentLabIdentity)}\n`
  return `tree ${Oid.parse(commit.tree)}\n${parents}${people}\n${commit.message}`
}

/** Words git takes as they are; others it trims, and what is odd about a commit is git's to refuse. */
const plainWords = /^[\p{L}\p{N}](?:[\p{L}\p{N} _@+.-]*[\p{L}\p{N}])?$/u

const isPlain = ({ author = agentLabIdentity, message, parents, when }: NewCommit): boolean =>
  plainWords.test(author.name) &&
  plainWords.test(author.email) &&
  message.isWellFormed() &&
  !message.includes('\0') &&
  new Set(parents).size === parents.length &&
  when >= 1000

const isThere = async (place: GitPlace, oid: Oid, type: 'tree' | 'commit'): Promise<boolean> => {
  const known = await readerOf(place)?.facts(Oid.parse(oid))
  return known?.type === type
}

const areThere = async (place: GitPlace, commits: Oid[]): Promise<boolean> =>
  (await Promise.all(commits.map(commit => isThere(place, commit, 'commit')))).every(Boolean)

/** `AgentLab-Task` → value; keys without the prefix: `Task`, `Run`, `Worker`. */
export type Trailers = Record<string, string>

const trailerLine = /^AgentLab-([A-Z][A-Za-z-]*): (.+)$/

const renderTrailer = ([key, value]: [string, string]): string => {
  const line = `AgentLab-${key}: ${cleanLine(value, 500)}`
  if (trailerLine.test(line)) return line
  throw new AgentLabError(`agentlab failed on commit trailer ${key}: it has no value`, { code: 'bad-trailer' })
}

/** A commit message: one cleaned title line, an optional body, and the trailers as the last paragraph. */
export const composeMessage = (title: string, body: string, trailers: Trailers): string => {
  if (Object.keys(trailers).length === 0)
    throw new AgentLabError('agentlab failed on a commit message: it has no trailer', { code: 'bad-trailer' })
  const paragraphs = [cleanLine(title, 100) || 'Untitled', cleanText(body).trim()].filter(Boolean)
  return `${[...paragraphs, Object.entries(trailers).map(renderTrailer).join('\n')].filter(Boolean).join('\n\n')}\n`
}

/** The trailers of a message: its last paragraph, if every line of it is one of ours and it is not the title. */
export const parseTrailers = (message: string): Trailers => {
  const paragraphs = message.trimEnd().split(/\n{2,}/)
  const lines = paragraphs.length > 1 ? paragraphs.at(-1)!.split('\n') : []
  const matches = lines.map(line => trailerLine.exec(line))
  if (matches.some(match => match === null)) return {}
  return Object.fromEntries(matches.map(match => [match![1]!, match![2]!]))
}
