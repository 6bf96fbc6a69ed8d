/**
 * A project for one command alone: the operator's repository and configuration as they are, and a data dir of its own that
 * is gone with the command. No supervisor serves it, cleans it or ends what runs in it, and nothing of it is a run.
 */
import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { ensureDataDir, stateRootOf } from '../config/data-dir.ts'
import { runtimeDirsOf } from '../config/runtime-dir.ts'
import { newRunId } from '../domain/ids.ts'
import { removeTree } from '../git/remove-tree.ts'
import { openDatabase } from '../store/database.ts'
import { createStore } from '../store/store.ts'
import { isOrphaned, markOwned } from './folder-owner.ts'
import { lookAt, type Project, projectPaths } from './project.ts'

/**
 * Runs `work` on it and removes it. Of the repository's own data dir only the environments that stand there are read;
 * it need not exist.
 * @throws AgentLabError for every reason the repository, the configuration or the data dir can't be used
 */
export const withThrowAway = async <T>(
  where: { cwd: string; repo?: string; env: NodeJS.ProcessEnv },
  work: (project: Project) => Promise<T>,
): Promise<T> => {
  for (const folder of await orphanedThrowAways(where.env)) await removeThrowAway(folder, where.env)
  const { repository, config, place } = await lookAt(where)
  const dataDir = ensureDataDir(join(stateRootOf(where), `box-${newRunId(Math.random)}`))
  try {
    await markOwned(dataDir)
    const paths = { ...projectPaths(dataDir), environments: projectPaths(place).environments }
    const store = createStore(openDatabase(paths.store))
    const close = (): void => store.close()
    try {
      return await work({ repository, config, dataDir, paths, store, env: where.env, close })
    } finally {
      close()
    }
  } finally {
    await removeThrowAway(dataDir, where.env)
  }
}

/** Those whose process was killed. */
export const orphanedThrowAways = async (env: NodeJS.ProcessEnv): Promise<string[]> => {
  const root = stateRootOf({ env })
  const names = (await readdir(root).catch(() => [])).filter(name => /^box-[a-z0-9]{8}$/.test(name)).toSorted()
  const folders = names.map(name => join(root, name))
  const orphaned = await Promise.all(folders.map(folder => isOrphaned(folder, Date.now(), 0)))
  return folders.filter((_, index) => orphaned[index])
}

/** With the folder of its sockets. The marker lies in the data dir, so that goes last. */
export const removeThrowAway = async (dataDir: string, env: NodeJS.ProcessEnv): Promise<void> => {
  for (const dir of runtimeDirsOf(dataDir, env)) await removeTree(dir)
  await removeTree(dataDir)
}
