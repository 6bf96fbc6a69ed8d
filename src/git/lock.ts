/** A mutex per repository: within this process by a queue, between processes by a lock file that dies with its holder. */
import { open, readFile, rename, rm } from 'node:fs/promises'
import { setTimeout as sleep } from 'node:timers/promises'
import { AgentLabError } from '../domain/errors.ts'
import { commonPath, type Repository } from './repository.ts'

const queues = new Map<string, Promise<unknown>>()

const isAlive = (pid: number): boolean => {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
}

const take = async (file: string): Promise<boolean> => {
  try {
    const handle = await open(file, 'wx', 0o600)
    await handle.writeFile(String(process.pid))
    await handle.close()
    return true
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
    return false
  }
}

/** Moves a dead holder's lock aside; a lock without a number is being written just now, or its writer died within it. */
const clearStale = async (file: string, isOld: boolean): Promise<void> => {
  const text = await readFile(file, 'utf8').catch(() => '')
  const isStale = /^\d+$/.test(text) ? !isAlive(Number(text)) : isOld
  if (!isStale) return
  const aside = `${file}.stale-${process.pid}`
  await rename(file, aside).catch(() => undefined)
  await rm(aside, { force: true })
}

const waitMs = 20
const patienceMs = 30_000

const withLockFile = async <T>(file: string, work: () => Promise<T>): Promise<T> => {
  for (let waitedMs = 0; !(await take(file)); waitedMs += waitMs) {
    if (waitedMs > patienceMs)
      throw new AgentLabError(`agentlab failed on ${file}: another process has held the lock for 30 seconds`, {
        code: 'worktree-lock',
        cure: `If no other agentlab runs here, remove it: rm ${file}`,
      })
    await clearStale(file, waitedMs > 2_000)
    await sleep(waitMs)
  }
  try {
    return await work()
  } finally {
    await rm(file, { force: true })
  }
}

/** Runs `work` while no other caller, here or in another process, works on this repository's worktrees. */
export const withRepositoryLock = <T>(repository: Repository, work: () => Promise<T>): Promise<T> => {
  const file = commonPath(repository, 'agentlab-worktree.lock')
  const before = queues.get(file) ?? Promise.resolve()
  const mine = before.catch(() => undefined).then(() => withLockFile(file, work))
  queues.set(file, mine)
  return mine
}
