/** A quarantine for foreign objects: checked in a directory of their own, moved into the store only when accepted. */
import { copyFile, link, mkdtemp, open, readdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { type GitOptions, type GitResult, git } from './exec.ts'
import type { Repository } from './repository.ts'

export interface Quarantine {
  /** Absolute; holds `pack/` and our copy of the pack. */
  directory: string
  /** Environment that makes git see the quarantine on top of the store, and write into it only. */
  env: Record<string, string>
}

/** Makes an empty quarantine below `scratchDir`, a directory no worker can write. */
export const openQuarantine = async (repository: Repository, scratchDir: string): Promise<Quarantine> => {
  const directory = await mkdtemp(join(scratchDir, 'incoming-'))
  return {
    directory,
    env: {
      GIT_OBJECT_DIRECTORY: directory,
      GIT_ALTERNATE_OBJECT_DIRECTORIES: repository.objectDirs.map(quoted).join(':'),
    },
  }
}

/** git reads this variable like PATH, with C quoting for entries that start with a quote. */
const quoted = (path: string): string => (/[:"\n]/.test(path) ? JSON.stringify(path) : path)

export const closeQuarantine = (quarantine: Quarantine): Promise<void> =>
  rm(quarantine.directory, { recursive: true, force: true })

/** Unpacks and checks every object; the exit code says whether git accepts them. */
export const indexPack = (
  repository: Repository,
  quarantine: Quarantine,
  packPath: string,
  maxBytes: number,
): Promise<GitResult> => {
  const options: GitOptions = {
    env: quarantine.env,
    stdinPath: packPath,
    timeoutMs: 300_000,
    config: { 'core.fsync': 'none', 'pack.threads': '1' },
  }
  return git(repository, ['index-pack', '--stdin', '--fix-thin', '--strict', `--max-input-size=${maxBytes}`], options)
}

const sync = async (path: string): Promise<void> => {
  const handle = await open(path, 'r')
  try {
    await handle.sync()
  } finally {
    await handle.close()
  }
}

/** Opened for reading, which is enough to sync: git's packs are read-only, also for an ordinary user who owns them. */
const makeDurable = async (path: string): Promise<void> => {
  const handle = await open(path, 'r')
  try {
    await handle.chmod(0o444)
    await handle.sync()
  } finally {
    await handle.close()
  }
}

/** Copies one file durably under a temporary name that git's own cleaning knows, then gives it its name. */
const place = async (from: string, storePackDir: string, name: string): Promise<void> => {
  const temporary = join(storePackDir, `tmp_agentlab_${process.pid}_${name}`)
  await rm(temporary, { force: true })
  await copyFile(from, temporary)
  await makeDurable(temporary)
  await link(temporary, join(storePackDir, name)).catch((error: NodeJS.ErrnoException) => {
    // The same name is the same content: the pack was moved before.
    if (error.code !== 'EEXIST') throw error
  })
  await rm(temporary, { force: true })
}

/** Moves accepted packs into the store, the index last, because git takes a pack for complete when it sees the index. */
export const acceptQuarantine = async (repository: Repository, quarantine: Quarantine): Promise<void> => {
  const from = join(quarantine.directory, 'pack')
  const storePackDir = join(repository.objectDirs[0]!, 'pack')
  const names = (await readdir(from)).filter(name => /^pack-[0-9a-f]+\.(?:pack|rev|idx)$/.test(name))
  const order = ['.pack', '.rev', '.idx']
  const rank = (name: string): number => order.findIndex(ending => name.endsWith(ending))
  for (const name of names.sort((a, b) => rank(a) - rank(b))) await place(join(from, name), storePackDir, name)
  if (names.length > 0) await sync(storePackDir)
}
