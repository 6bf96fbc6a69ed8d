/** The token that opens the gateway for the operator's tools: one line in a file of their own, made once. */
import { randomBytes } from 'node:crypto'
import { constants } from 'node:fs'
import { rename, rm, writeFile } from 'node:fs/promises'
import { withFile } from '../../config/with-file.ts'
import { AgentLabError, exitCode } from '../../domain/errors.ts'

const shape = /^sk-agentlab-[\w-]{43}$/

/**
 * Follows no link, and takes a file only where nobody else can read it.
 * @throws AgentLabError `token-unreadable` (exit 2); null: there is none
 */
export const readToken = async (path: string): Promise<string | null> => {
  try {
    return await withFile(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK, async file => {
      const { mode, size } = await file.stat()
      if ((mode & constants.S_IFMT) !== constants.S_IFREG) throw unreadable(path, 'it is not a regular file')
      if ((mode & 0o077) !== 0) throw unreadable(path, 'others on this machine can read it')
      const token = size > 1_000 ? '' : (await file.readFile('utf8')).trim()
      if (!shape.test(token)) throw unreadable(path, 'it holds no token')
      return token
    })
  } catch (error) {
    if (error instanceof AgentLabError) throw error
    const { code } = error as NodeJS.ErrnoException
    if (code === 'ENOENT') return null
    throw unreadable(path, code === 'ELOOP' ? 'it is a link' : (code ?? 'unknown reason'), error)
  }
}

/** Makes one where there is none; what is there stays. */
export const ensureToken = async (path: string): Promise<void> => {
  if ((await readToken(path)) === null) await renewToken(path)
}

/** From then on the old one opens nothing. Whole or not at all, so that a gateway that runs never reads half of it. */
export const renewToken = async (path: string): Promise<void> => {
  const beside = `${path}.${process.pid}.new`
  try {
    await rm(beside, { force: true })
    await writeFile(beside, `sk-agentlab-${randomBytes(32).toString('base64url')}\n`, { mode: 0o600, flag: 'wx' })
    await rename(beside, path)
  } catch (error) {
    throw unreadable(path, `it can not be written (${(error as NodeJS.ErrnoException).code})`, error)
  }
}

const unreadable = (path: string, why: string, cause?: unknown): AgentLabError =>
  new AgentLabError(`agentlab gateway failed on its token in ${path}: ${why}`, {
    code: 'token-unreadable',
    cure: 'Make a new one with: agentlab gateway --new-token',
    exit: exitCode.wrongUse,
    cause,
  })
