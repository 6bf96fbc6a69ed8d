/** Where a repository's store, seats and transcripts lie: one private folder per repository, outside it. */
import { chmodSync, mkdirSync, readFileSync, realpathSync } from 'node:fs'
import { homedir, tmpdir } from 'node:os'
import { dirname, isAbsolute, join } from 'node:path'
import { AgentLabError, exitCode } from '../domain/errors.ts'

export interface DataDirPlace {
  /** Real path of the common git dir: linked worktrees of one repository share one data dir. */
  commonGitDir: string
  env: NodeJS.ProcessEnv
  platform?: NodeJS.Platform
}

/** The folder that holds every data dir; makes nothing. `$XDG_STATE_HOME/agentlab`; on macOS `~/.agentlab`. */
export const stateRootOf = ({ env, platform = process.platform }: Omit<DataDirPlace, 'commonGitDir'>): string => {
  const home = env.HOME !== undefined && isAbsolute(env.HOME) ? env.HOME : homedir()
  if (platform === 'darwin') return join(home, '.agentlab')
  const state = env.XDG_STATE_HOME
  return join(state !== undefined && isAbsolute(state) ? state : join(home, '.local', 'state'), 'agentlab')
}

// Imported by name, node:crypto brings all of web crypto along, which a reader of the store would wait for.
const { createHash } = process.getBuiltinModule('node:crypto')

/** Path of the data dir; makes nothing. `$XDG_STATE_HOME/agentlab/<12 hex>`; on macOS `~/.agentlab/<12 hex>`. */
export const dataDirOf = ({ commonGitDir, ...place }: DataDirPlace): string =>
  join(stateRootOf(place), createHash('sha256').update(realpathSync(commonGitDir)).digest('hex').slice(0, 12))

/**
 * Makes the data dir (0700) and returns its real path.
 * @throws AgentLabError `data-dir-in-temp` | `data-dir-on-network` (exit 2), `no-permission`, `disk-full`
 */
export const ensureDataDir = (dir: string): string => {
  checkDataDirPlace(dir)
  try {
    mkdirSync(dir, { recursive: true, mode: 0o700 })
    chmodSync(dir, 0o700)
  } catch (error) {
    throw cannotMake(dir, error)
  }
  const real = realpathSync(dir)
  checkDataDirPlace(real)
  return real
}

/** Refuses a place where two agent CLIs, or SQLite's locks, are known to break. Looks through symbolic links. */
export const checkDataDirPlace = (dir: string, mountInfo: string | null = readMountInfo()): void => {
  const real = realOfNearest(dir)
  const temp = tempDirs().find(parent => isBelow(real, parent))
  if (temp !== undefined) {
    throw new AgentLabError(
      `agentlab failed on its data dir: ${real} lies under the temporary folder ${temp}, where agent CLIs refuse to work`,
      {
        code: 'data-dir-in-temp',
        cure: 'Set XDG_STATE_HOME to a folder that is not temporary, for example ~/.local/state.',
        exit: exitCode.wrongUse,
      },
    )
  }
  const type = mountInfo === null ? null : fileSystemType(real, mountInfo)
  if (type === null || !networkTypes.test(type)) return
  throw new AgentLabError(
    `agentlab failed on its data dir: ${real} lies on a network file system (${type}), where the store's locks don't hold`,
    {
      code: 'data-dir-on-network',
      cure: 'Set XDG_STATE_HOME to a folder on a local disk.',
      exit: exitCode.wrongUse,
    },
  )
}

const networkTypes =
  /^(?:nfs\d?|cifs|smb\d?|smbfs|9p|afs|afpfs|webdav|davfs|fuse\.(?:sshfs|rclone|s3fs|davfs2?|gvfsd-fuse|glusterfs))$/

/** File system type of the mount that holds `path`, from the text of /proc/self/mountinfo; the last of equal mounts wins. */
export const fileSystemType = (path: string, mountInfo: string): string | null => {
  let found: { at: string; type: string } | null = null
  for (const line of mountInfo.split('\n')) {
    const [before, after] = line.split(' - ')
    const at = unescapeOctal(before?.split(' ')[4] ?? '')
    const type = after?.split(' ')[0]
    if (at === '' || type === undefined || !isBelow(path, at)) continue
    if (found === null || at.length >= found.at.length) found = { at, type }
  }
  return found?.type ?? null
}

const unescapeOctal = (text: string): string =>
  text.replace(/\\([0-7]{3})/g, (_, digits: string) => String.fromCharCode(Number.parseInt(digits, 8)))

const readMountInfo = (): string | null => {
  try {
    return readFileSync('/proc/self/mountinfo', 'utf8')
  } catch {
    return null
  }
}

const tempDirs = (): string[] => [
  ...new Set([tmpdir(), '/tmp', '/var/tmp', '/private/tmp'].flatMap(dir => [dir, realOfNearest(dir)])),
]

const isBelow = (path: string, parent: string): boolean =>
  path === parent || path.startsWith(parent.endsWith('/') ? parent : `${parent}/`)

/** Real path of the nearest ancestor that exists, with the missing rest appended. */
const realOfNearest = (path: string): string => {
  try {
    return realpathSync(path)
  } catch {
    const parent = dirname(path)
    return parent === path ? path : join(realOfNearest(parent), path.slice(parent.length))
  }
}

const cannotMake = (dir: string, error: unknown): AgentLabError => {
  const code = (error as NodeJS.ErrnoException).code
  const full = code === 'ENOSPC' || code === 'EDQUOT'
  const why = full
    ? 'the disk is full'
    : code === 'EACCES' || code === 'EPERM' || code === 'EROFS'
      ? 'no permission'
      : `${code}`
  return new AgentLabError(`agentlab failed on making ${dir}: ${why}`, {
    code: full ? 'disk-full' : 'no-permission',
    cure: full
      ? 'Free some space and run the command again.'
      : `Make ${dirname(dir)} writable for you, or set XDG_STATE_HOME to a folder that is.`,
    cause: error,
  })
}
