/** A mutex per repository: within this process by a queue, between processes by a lock file that dies with its holder. */
import { open, readFile, rename, rm } from 'node:fs/promises'
import { setTimeout as sleep } from 'node:timers/promises'
import { AgentLabError } from '../domain/errors.ts'
import { isAlive, type ProcessIdentity, processIdentity } from '../process/identity.ts'
import { commonPath, type Repository } from './repository.ts'

const queues = new Map<string, Promise<unknown>>()

const take = async (file: string): Promise<boolean> => {
  try {
    const handle = await open(file, 'wx', 0o600)
    await handle.writeFile(JSON.stringify(await processIdentity(process.pid)))
    await handle.close()
    return true
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
    return false
  }
}

/** Whether the lock's holder is dead; null where the file does not say who holds it. */
const hasDeadHolder = async (file: string): Promise<boolean | null> => {
  try {
    const { pid, startTicks, bootId } = JSON.parse(await readFile(file, 'utf8')) as ProcessIdentity
    return Number.isInteger(pid) ? !(await isAlive({ pid, startTicks, bootId })) : null
  } catch {
    return null
  }
}

/** Moves a lock aside, so that of several who find it stale one removes it and none a new one. */
const putAside = async (file: string): Promise<void> => {
  const aside = `${file}.stale-${process.pid}`
  await rename(file, aside).catch(() => undefined)
  await rm(aside, { force: true })
}

const waitMs = 20
const patienceMs = 30_000
/** A lock that names nobody is being written just now, or its writer died within it. */
const namelessMs = 2_000

const withLockFile = async <T>(file: string, work: () => Promise<T>): Promise<T> => {
  for (let waitedMs = 0; !(await take(file)); waitedMs += waitMs) {
    if (waitedMs > patienceMs)
      throw new AgentLabError(`agentlab failed on ${file}: another process has held the lock for 30 seconds`, {
        code: 'worktree-lock',
        cure: `If no other agentlab runs here, remove it: rm ${file}`,
      })
    if ((await hasDeadHolder(file)) ?? waitedMs > namelessMs) await putAside(file)
    await sleep(waitMs)
  }
  try {
    return await work()
  } finally {
    await rm(file, { force: true })
  }
}

/** Where the lock lies while somebody holds it, or after its holder was killed. */
export const repositoryLockPath = (repository: Repository): string => commonPath(repository, 'agentlab-worktree.lock')

/** Whether the lock lies there although its holder is dead. */
export const isRepositoryLockStale = async (repository: Repository): Promise<boolean> =>
  (await hasDeadHolder(repositoryLockPath(repository))) === true

/** Runs `work` while no other caller, here or in another process, works on this repository's worktrees. */
export const withRepositoryLock = <T>(repository: Repository, work: () => Promise<T>): Promise<T> => {
  const file = repositoryLockPath(repository)
  const before = queues.get(file) ?? Promise.resolve()
  const mine = before.catch(() => undefined).then(() => withLockFile(file, work))
  queues.set(file, mine)
  return mine
}
