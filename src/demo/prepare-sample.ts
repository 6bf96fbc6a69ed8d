/** Makes the sample repository of the demo: a small program with a lockfile, one commit on main, an operator's identity. */
import { cp, mkdir, rename } from 'node:fs/promises'
import { join } from 'node:path'
import { assetPath } from '../config/assets.ts'
import { type GitPlace, git, gitBytes, gitFailure } from '../git/exec.ts'

/** The sample's files as they ship. */
export const samplePath = (): string => assetPath('src/demo/sample')

/** The scenario that the demo's agents follow. */
export const demoScenarioPath = (): string => assetPath('src/demo/scenario.yaml')

const operator = { name: 'Demo Operator', email: 'operator@localhost' }
const date = '2026-03-10T09:00:00Z'

/** Makes the repository in `directory`, which must not exist. The same files give the same commit. */
export const prepareSample = async (directory: string): Promise<void> => {
  await mkdir(directory, { recursive: true, mode: 0o700 })
  await cp(samplePath(), directory, { recursive: true })
  // Shipped without its dot, because npm leaves a .gitignore out of a package.
  await rename(join(directory, 'gitignore'), join(directory, '.gitignore'))
  const place: GitPlace = { root: directory, gitDir: join(directory, '.git') }
  const init = ['init', '-q', '-b', 'main']
  const made = await git(place, init)
  if (made.exitCode !== 0) throw gitFailure(place, init, made)
  await gitBytes(place, ['config', 'user.name', operator.name])
  await gitBytes(place, ['config', 'user.email', operator.email])
  await gitBytes(place, ['add', '-A'])
  await gitBytes(place, ['commit', '-q', '-m', 'List and add up a plain-text work log'], {
    env: { GIT_AUTHOR_DATE: date, GIT_COMMITTER_DATE: date },
  })
}
