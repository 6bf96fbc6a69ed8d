/** Commits made without a work tree, and the trailers that make them machine-readable. */
import { AgentLabError } from '../domain/errors.ts'
import { Oid } from '../domain/ids.ts'
import { cleanLine, cleanText } from '../domain/text.ts'
import { type GitOptions, type GitPlace, gitText } from './exec.ts'
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

/** Writes a commit object and gives its id; moves nothing. */
export const commitTree = async (place: GitPlace, commit: NewCommit): Promise<Oid> => {
  const author = commit.author ?? agentLabIdentity
  const date = `@${Math.floor(commit.when / 1000)} +0000`
  const parents = commit.parents.flatMap(parent => ['-p', Oid.parse(parent)])
  const oid = await gitText(place, ['commit-tree', Oid.parse(commit.tree), ...parents], {
    ...commit.options,
    input: commit.message,
    env: {
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
