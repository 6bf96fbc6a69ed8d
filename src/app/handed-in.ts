/**
 * Files the operator hands in: ignored ones of his checkout (`.env.test`) that work and checks need. Only his own
 * configuration names them; a repository that could would hand his files to agents.
 */
import { createHash } from 'node:crypto'
import { constants } from 'node:fs'
import { lstat, mkdir, realpath, rm, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { withFile } from '../config/with-file.ts'
import { AgentLabError, exitCode } from '../domain/errors.ts'
import { Oid } from '../domain/ids.ts'
import { isAgentConfigPath, isInstructionPath } from '../git/agent-config.ts'
import { listTree } from '../git/blobs.ts'
import { excludePaths } from '../git/private-git-dir.ts'
import { readHead } from '../git/refs.ts'
import type { Repository } from '../git/repository.ts'
import type { Host, RunScope } from './host.ts'
import type { Seat } from './seats.ts'

export interface HandedIn {
  path: string
  /** Of its content, as git would name it; null where the content is too short to be told from anybody's. */
  oid: Oid | null
}

const maxBytes = 1024 * 1024
const tellingBytes = 24

/** Copies the listed files into a workspace nothing has run in, out of its git's sight. A missing one is left out. */
export const handIn = async (host: Host, scope: RunScope, seat: Seat, tree: Oid): Promise<HandedIn[]> => {
  const { repository } = host.project
  const handed: HandedIn[] = []
  for (const path of scope.config.handIn) {
    const content = await readHandIn(repository, path, tree)
    if (content === null) continue
    const target = join(seat.workspace, path)
    await mkdir(dirname(target), { recursive: true })
    await rm(target, { force: true })
    await writeFile(target, content, { mode: 0o600, flag: 'wx' })
    handed.push({ path, oid: content.length < tellingBytes ? null : blobOid(repository, content) })
  }
  await excludePaths(
    seat.dirs.gitDir,
    handed.map(file => file.path),
  )
  return handed
}

/**
 * The content of a listed file, or null when there is none.
 * @throws AgentLabError `hand-in-refused` (exit 2): a link on the way, no regular file, over 1 MiB, tracked, or a file by
 * which agents are configured
 */
export const readHandIn = async (repository: Repository, path: string, tree: Oid): Promise<Buffer | null> => {
  const configures = isInstructionPath(path) || (isAgentConfigPath(path) && !/(?:^|\/)\.env\.[^/]+$/.test(path))
  if (configures) throw refusal(path, 'agents and editors read it as their own configuration')
  if ((await listTree(repository, tree)).some(entry => entry.path === path || entry.path.startsWith(`${path}/`)))
    throw refusal(path, 'it is tracked, so every workspace has it as it was committed')
  const full = join(repository.root, path)
  const found = await lstat(full).catch(() => null)
  if (found === null) return null
  const isPlain = found.isFile() && (await realpath(full)) === join(await realpath(repository.root), path)
  if (!isPlain) throw refusal(path, 'it is no regular file, or a link stands on the way to it')
  const content = await readBounded(full)
  if (content === null) throw refusal(path, 'it is larger than 1 MiB')
  return content
}

/** What was looked at is what is opened: not a link that has taken its place. */
const readBounded = (path: string): Promise<Buffer | null> =>
  withFile(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK, async file => {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(maxBytes + 1), 0, maxBytes + 1, 0)
    return bytesRead > maxBytes ? null : buffer.subarray(0, bytesRead)
  })

export interface ListedFile {
  path: string
  isThere: boolean
  /** Why it can't be handed in, or null. */
  refused: AgentLabError | null
}

/** What would become of each listed file now, held against the commit the operator stands on. */
export const listedFiles = async (repository: Repository, paths: readonly string[]): Promise<ListedFile[]> => {
  const head = paths.length === 0 ? null : await readHead(repository)
  if (head === null) return paths.map(path => ({ path, isThere: false, refused: null }))
  return Promise.all(
    paths.map(async path => {
      try {
        return { path, isThere: (await readHandIn(repository, path, head)) !== null, refused: null }
      } catch (error) {
        if (!(error instanceof AgentLabError)) throw error
        return { path, isThere: true, refused: error }
      }
    }),
  )
}

/** A name for what is handed in now, since it can decide how a check ends; null when nothing is. */
export const digestOfHandIns = async (host: Host, scope: RunScope, tree: Oid): Promise<string | null> => {
  const { repository } = host.project
  const found: string[] = []
  for (const path of scope.config.handIn) {
    const content = await readHandIn(repository, path, tree)
    if (content !== null) found.push(`${blobOid(repository, content)} ${path}`)
  }
  return found.length === 0 ? null : found.join('\n')
}

const refusal = (path: string, why: string): AgentLabError =>
  new AgentLabError(`agentlab failed on handing in ${path}: ${why}`, {
    code: 'hand-in-refused',
    cure: 'Take it out of repositories.<path>.files in ~/.config/agentlab/config.yaml.',
    exit: exitCode.wrongUse,
  })

const blobOid = ({ objectFormat }: Pick<Repository, 'objectFormat'>, content: Buffer): Oid =>
  Oid.parse(createHash(objectFormat).update(`blob ${content.length}\0`).update(content).digest('hex'))
