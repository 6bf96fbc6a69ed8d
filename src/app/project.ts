/** A project: the operator's repository, its configuration, its data dir and its store, opened together. */
import { join, resolve } from 'node:path'
import { dataDirOf, ensureDataDir } from '../config/data-dir.ts'
import { type LoadedConfig, loadConfig } from '../config/load.ts'
import { openRepository, type Repository } from '../git/repository.ts'
import { openDatabase } from '../store/database.ts'
import { promoteLockName } from '../store/lock.ts'
import { createStore, type Store } from '../store/store.ts'

export interface ProjectPaths {
  dataDir: string
  store: string
  lock: string
  /** Held by whoever promotes. */
  promoteLock: string
  log: string
  seats: string
  environments: string
  transcripts: string
}

export const projectPaths = (dataDir: string): ProjectPaths => ({
  dataDir,
  store: join(dataDir, 'store.db'),
  lock: join(dataDir, 'supervisor.lock'),
  promoteLock: join(dataDir, promoteLockName),
  log: join(dataDir, 'supervisor.log'),
  seats: join(dataDir, 'seats'),
  environments: join(dataDir, 'environments'),
  transcripts: join(dataDir, 'transcripts'),
})

export interface Project {
  repository: Repository
  config: LoadedConfig
  dataDir: string
  paths: ProjectPaths
  store: Store
  env: NodeJS.ProcessEnv
  close(): void
}

/**
 * Opens the project that `cwd` (or `--repo`) lies in.
 * @param options.create false opens an existing store only and makes nothing on disk
 * @throws AgentLabError for every reason the repository, the configuration or the data dir can't be used
 */
export const openProject = async (options: {
  cwd: string
  repo?: string
  env: NodeJS.ProcessEnv
  create?: boolean
  /** Told, in one line, what was done to an older store. */
  tell?: (line: string) => void
}): Promise<Project> => {
  const { repository, config, place } = await lookAt(options)
  const dataDir = options.create === false ? place : ensureDataDir(place)
  const paths = projectPaths(dataDir)
  const store = createStore(openDatabase(paths.store, { create: options.create ?? true, tell: options.tell }))
  return { repository, config, dataDir, paths, store, env: options.env, close: () => store.close() }
}

/** The repository that `cwd` (or `--repo`) lies in, its configuration, and where its data dir lies; makes nothing. */
export const lookAt = async ({
  cwd,
  repo,
  env,
}: {
  cwd: string
  repo?: string
  env: NodeJS.ProcessEnv
}): Promise<Pick<Project, 'repository' | 'config'> & { place: string }> => {
  const directory = resolve(cwd, repo ?? '.')
  const found = await openRepository(directory)
  const config = await loadConfig({ repoRoot: found.root, env })
  const main = config.effective.main
  const repository =
    main === null || main === found.mainBranch ? found : await openRepository(directory, { mainBranch: main })
  return { repository, config, place: dataDirOf({ commonGitDir: repository.commonDir, env }) }
}
