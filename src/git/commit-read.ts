/** Reads one commit back: who made it, when, on what, and the parts of its message. */
import { Oid } from '../domain/ids.ts'
import { parseTrailers, type Trailers } from './commit.ts'
import { type GitPlace, gitBytes } from './exec.ts'
import type { Identity } from './operator-config.ts'

export interface ReadCommit {
  oid: Oid
  tree: Oid
  parents: Oid[]
  author: Identity
  /** Epoch milliseconds of the commit. */
  when: number
  title: string
  /** What stands between title and trailers. */
  body: string
  trailers: Trailers
}

/** @throws AgentLabError `git-failed` where there is no such commit */
export const readCommit = async (place: GitPlace, oid: Oid): Promise<ReadCommit> => {
  const format = '--format=%T%x00%P%x00%an%x00%ae%x00%ct%x00%B'
  const output = await gitBytes(place, [
    'log',
    '-1',
    '--no-mailmap',
    '--no-show-signature',
    format,
    Oid.parse(oid),
    '--',
  ])
  const [tree = '', parents = '', name = '', email = '', seconds = '', message = ''] = output
    .toString('utf8')
    .split('\0')
  const trailers = parseTrailers(message)
  const paragraphs = message.trimEnd().split(/\n{2,}/)
  return {
    oid,
    tree: Oid.parse(tree),
    parents: parents === '' ? [] : parents.split(' '),
    author: { name, email },
    when: Number(seconds) * 1_000,
    title: paragraphs[0] ?? '',
    body: paragraphs.slice(1, Object.keys(trailers).length > 0 ? -1 : undefined).join('\n\n'),
    trailers,
  }
}
