/** Which branch is the operator's main one, by the usual signs. */
import { type GitPlace, git, gitText } from './exec.ts'

const usualNames = ['main', 'master', 'trunk']

/**
 * In this order: the branch `origin/HEAD` points to, if it exists here; main, master or trunk; the branch HEAD is on;
 * the only branch. Null when none of these answers. A short name.
 */
export const detectMainBranch = async (place: GitPlace): Promise<string | null> => {
  const listed = await gitText(place, ['for-each-ref', '--format=%(refname:lstrip=2)', 'refs/heads'])
  const branches = listed === '' ? [] : listed.split('\n')
  const remote = (await git(place, ['symbolic-ref', '-q', 'refs/remotes/origin/HEAD'])).stdout.toString('utf8').trim()
  const head = (await git(place, ['symbolic-ref', '-q', 'HEAD'])).stdout.toString('utf8').trim()
  const candidates = [remote.replace(/^refs\/remotes\/origin\//, ''), ...usualNames, head.replace(/^refs\/heads\//, '')]
  return candidates.find(name => branches.includes(name)) ?? (branches.length === 1 ? branches[0]! : null)
}
