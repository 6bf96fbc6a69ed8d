/** `agentlab profile install|uninstall|show`: the iTerm2 profile that opens `agentlab runs -f` in this repository. */
import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { homedir } from 'node:os'
import { join, resolve } from 'node:path'
import { assetPath } from '../../config/assets.ts'
import { isOurProfile, profileText } from '../../config/iterm2-profile.ts'
import { AgentLabError, exitCode } from '../../domain/errors.ts'
import { openRepository } from '../../git/repository.ts'
import type { Answer, Call } from '../call.ts'

export interface ProfileOptions {
  dir?: string
}

export type ProfileAction = 'install' | 'uninstall' | 'show'

const fileName = 'agentlab.json'

export const profile = async (call: Call, action: ProfileAction, options: ProfileOptions): Promise<Answer> => {
  const shipped = await readFile(assetPath('profiles/iterm2.json'), 'utf8')
  if (action === 'uninstall') return uninstall(join(targetDir(call, options), fileName), shipped)
  const { root } = await openRepository(resolve(call.cwd, call.repo ?? '.'))
  const text = profileText(shipped, { directory: root, command: ['agentlab', 'runs', '-f'] })
  if (action === 'show') return { text: text.trimEnd(), json: JSON.parse(text) }
  return install(targetDir(call, options), text, shipped)
}

/** iTerm2's folder on macOS; elsewhere there is none, so it must be named. */
const targetDir = (call: Call, options: ProfileOptions): string => {
  if (options.dir !== undefined) return resolve(call.cwd, options.dir)
  if (process.platform === 'darwin') {
    return join(call.env.HOME ?? homedir(), 'Library', 'Application Support', 'iTerm2', 'DynamicProfiles')
  }
  throw new AgentLabError('profile failed on its folder: iTerm2 exists on macOS only', {
    code: 'no-iterm2',
    cure: 'Name a folder: agentlab profile install --dir DIR',
    exit: exitCode.wrongUse,
  })
}

/** Written beside and renamed, because iTerm2 watches the folder and reads half files. */
const install = async (dir: string, text: string, shipped: string): Promise<Answer> => {
  const path = join(dir, fileName)
  const before = await readFile(path, 'utf8').catch(() => null)
  if (before === text) return { text: `${path} is up to date`, json: { path, changed: false } }
  if (before !== null && !isOurProfile(before, shipped)) throw foreign(path)
  await mkdir(dir, { recursive: true })
  const draft = join(dir, `.${fileName}.${process.pid}`)
  try {
    await writeFile(draft, text, { flag: 'wx', mode: 0o644, flush: true })
    await rename(draft, path)
  } finally {
    await rm(draft, { force: true })
  }
  const remarks = ['iTerm2 loads it at once: Profiles → AgentLab.']
  return { text: `${before === null ? 'wrote' : 'updated'} ${path}`, json: { path, changed: true }, remarks }
}

const uninstall = async (path: string, shipped: string): Promise<Answer> => {
  const before = await readFile(path, 'utf8').catch(() => null)
  if (before === null) return { text: `${path} is not there`, json: { path, changed: false } }
  if (!isOurProfile(before, shipped)) throw foreign(path)
  await rm(path)
  return { text: `removed ${path}`, json: { path, changed: true } }
}

const foreign = (path: string): AgentLabError =>
  new AgentLabError(`profile failed on ${path}: it is not the profile AgentLab writes`, {
    code: 'foreign-profile',
    cure: 'Move it away, then run the command again.',
    exit: exitCode.wrongUse,
  })
