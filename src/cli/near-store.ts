/** Opens the store of the repository around, and nothing else: for readers that must answer at once. */
import { existsSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { dataDirOf } from '../config/data-dir.ts'
import { findCommonDir } from '../git/common-dir.ts'
import type { GitPlace } from '../git/exec.ts'
import { openDatabase, type Sql } from '../store/database.ts'
import type { Store } from '../store/store.ts'
import { type Call, tellOf } from './call.ts'

interface Place {
  dataDir: string
  /** Good for reading objects by id. */
  repository: GitPlace
}

/**
 * Runs `work` on the store, or gives null where nothing was ever run here. No git process is started and no
 * configuration is read, unless the repository can't be found by looking.
 * @throws AgentLabError for every reason the repository or the store can't be used
 */
export const withNearStore = async <T>(call: Call, work: (db: Sql) => T | Promise<T>): Promise<T | null> => {
  const db = databaseAt(await placeOf(call), call)
  if (db === null) return null
  try {
    return await work(db)
  } finally {
    db.close()
  }
}

/** A project as readers need it: store and objects, open until the process ends. */
export interface NearProject extends Place {
  store: Store
  env: NodeJS.ProcessEnv
}

/** The same for readers of whole runs; null where nothing was ever run here. */
export const openNear = async (call: Call): Promise<NearProject | null> => {
  const place = await placeOf(call)
  const db = databaseAt(place, call)
  if (place === null || db === null) return null
  const { createStore } = await import('../store/store.ts')
  return { ...place, store: createStore(db), env: call.env }
}

const databaseAt = (place: Place | null, call: Call): Sql | null => {
  const path = place === null ? null : storeOf(place)
  return path === null || !existsSync(path) ? null : openDatabase(path, { create: false, tell: tellOf(call) })
}

const storeOf = (place: Pick<Place, 'dataDir'>): string => join(place.dataDir, 'store.db')

/** Where the store of the repository around is, or would be; null outside of one. */
export const storePath = (call: Pick<Call, 'cwd' | 'repo' | 'env'>): string | null => {
  const commonGitDir = findCommonDir(resolve(call.cwd, call.repo ?? '.'))
  return commonGitDir === null ? null : storeOf({ dataDir: dataDirOf({ commonGitDir, env: call.env }) })
}

const placeOf = async (call: Call): Promise<Place | null> => {
  const root = resolve(call.cwd, call.repo ?? '.')
  const commonGitDir = findCommonDir(root)
  if (commonGitDir !== null)
    return { dataDir: dataDirOf({ commonGitDir, env: call.env }), repository: { gitDir: commonGitDir, root } }
  const project = await (await import('./project.ts')).openIfAny(call)
  project?.close()
  return project === null ? null : { dataDir: project.dataDir, repository: project.repository }
}
