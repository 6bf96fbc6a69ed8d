/** What was rescued, and whether a commit needs rescuing: reading only. */
import { Oid } from '../domain/ids.ts'
import { type GitPlace, gitText } from './exec.ts'

export interface RescueRef {
  /** `refs/agentlab/rescue/<seat or worktree>/<time>`. */
  ref: string
  commit: Oid
  /** Epoch milliseconds. */
  at: number
  title: string
}

/** Newest first. */
export const listRescues = async (place: GitPlace): Promise<RescueRef[]> => {
  const format = '--format=%(refname)%00%(objectname)%00%(committerdate:unix)%00%(contents:subject)'
  const text = await gitText(place, [
    'for-each-ref',
    '--sort=-committerdate',
    format,
    'refs/agentlab/rescue',
    'refs/agentlab/before',
  ])
  const lines = text === '' ? [] : text.split('\n')
  return lines.map(line => {
    const [ref = '', commit = '', seconds, title = ''] = line.split('\0')
    return { ref, commit: Oid.parse(commit), at: Number(seconds) * 1_000, title }
  })
}

/** A ref that holds the commit, or null: then it lives only as long as git does not clean up. Pins do not count. */
export const refHolding = async (place: GitPlace, commit: Oid): Promise<string | null> => {
  const lasting = ['refs/heads', 'refs/tags', 'refs/remotes', 'refs/agentlab/rescue', 'refs/agentlab/before']
  const args = ['for-each-ref', '--count=1', '--format=%(refname)', `--contains=${Oid.parse(commit)}`]
  return (await gitText(place, [...args, ...lasting])) || null
}
