/** Who has a gateway's port: written down by the one that has it, for the one that comes second. */
import { rmSync } from 'node:fs'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { z } from 'zod'
import { AgentLabError, exitCode } from '../../domain/errors.ts'
import { moment } from '../../domain/measures.ts'

const Holder = z.object({ pid: z.number().int().positive(), startedAt: z.number().int().nonnegative() })

const pathOf = (dir: string, port: number): string => join(dir, `port-${port}.json`)

export const noteHolder = (dir: string, port: number, startedAt: number): Promise<void> =>
  writeFile(pathOf(dir, port), JSON.stringify({ pid: process.pid, startedAt }), { mode: 0o600 })

export const forgetHolder = (dir: string, port: number): void => rmSync(pathOf(dir, port), { force: true })

/** Why it can't listen: somebody has the port (a gateway that has noted itself, or another program), or it may not. */
export const portRefused = async (dir: string, port: number, cause: NodeJS.ErrnoException): Promise<unknown> => {
  if (cause.code === 'EACCES') return refused(port, 'it is root’s', 'Take one above 1023: --port <n>', cause)
  if (cause.code !== 'EADDRINUSE') return cause
  const holder = await readHolder(pathOf(dir, port))
  if (holder === null || !isAlive(holder.pid))
    return refused(port, 'another program has it', `See which: lsof -i :${port}; or take another: --port <n>`, cause)
  const who = `a gateway has it: process ${holder.pid}, since ${moment(holder.startedAt)}`
  return refused(port, who, 'One serves all your tools; end it, or take another port: --port <n>', cause)
}

const refused = (port: number, why: string, cure: string, cause: unknown): AgentLabError =>
  new AgentLabError(`agentlab gateway failed on port ${port}: ${why}`, {
    code: 'port-taken',
    cure,
    exit: exitCode.wrongUse,
    cause,
  })

const readHolder = async (path: string): Promise<z.infer<typeof Holder> | null> => {
  try {
    return Holder.safeParse(JSON.parse(await readFile(path, 'utf8'))).data ?? null
  } catch {
    return null
  }
}

const isAlive = (pid: number): boolean => {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
}
