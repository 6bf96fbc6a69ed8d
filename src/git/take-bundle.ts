/**
 * Takes a bundle over as data: its pack is checked in quarantine as a harvest is, and only when everything in it passes do
 * its objects reach the store and its commits get refs, below `refs/agentlab/imported/<run>/` and nowhere else.
 */
import { createReadStream, createWriteStream } from 'node:fs'
import { join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { withFile } from '../config/with-file.ts'
import { AgentLabError, exitCode } from '../domain/errors.ts'
import { Oid, type RunId } from '../domain/ids.ts'
import { cleanLine } from '../domain/text.ts'
import { rawChanges } from './changes.ts'
import { type GitOptions, git } from './exec.ts'
import { judgeWork } from './harvest-judge.ts'
import { defaultLimits, type HarvestRule } from './harvest-policy.ts'
import { acceptQuarantine, closeQuarantine, indexPack, openQuarantine, type Quarantine } from './incoming.ts'
import { openObjectReader } from './object-reader.ts'
import { keepImported } from './ref-write.ts'
import { importedRefs } from './refs.ts'
import type { Repository } from './repository.ts'

export interface BundleTaken {
  runId: RunId
  /** Absolute path of the bundle, in a folder no worker can write. */
  path: string
  scratchDir: string
  maxBytes: number
  /** Work with what it was begun from: judged as a harvest would. */
  works: readonly { tip: Oid; base: Oid }[]
}

const headerBytes = 4 * 1024 * 1024
const mostHeads = 5_000

interface Header {
  needed: Oid[]
  heads: Oid[]
  packAt: number
}

/**
 * Accepts the objects and makes the refs; may be repeated. Returns the commits that got refs.
 * @throws AgentLabError `bundle-refused` (exit 2), and nothing has reached the store
 */
export const takeBundle = async (repository: Repository, wish: BundleTaken): Promise<Oid[]> => {
  const header = await readHeader(wish)
  const quarantine = await openQuarantine(repository, wish.scratchDir)
  try {
    await judge(repository, quarantine, wish, header)
    await acceptQuarantine(repository, quarantine)
  } finally {
    await closeQuarantine(quarantine)
  }
  await keepImported(repository, wish.runId, header.heads)
  return header.heads
}

const readHeader = ({ path, runId }: BundleTaken): Promise<Header> =>
  withFile(path, 'r', async file => {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(headerBytes), 0, headerBytes, 0)
    const end = buffer.subarray(0, bytesRead).indexOf('\n\n')
    const lines = end < 0 ? [] : buffer.subarray(0, end).toString('utf8').split('\n')
    const [signature, ...rest] = lines
    if (signature !== '# v2 git bundle' && signature !== '# v3 git bundle') throw refused('it is no git bundle')
    const facts = rest.filter(line => !/^@object-format=sha(?:1|256)$/.test(line))
    const needed = facts.flatMap(line => /^-([0-9a-f]{40,64})(?: .*)?$/.exec(line)?.[1] ?? [])
    const prefix = `${importedRefs(runId)}/`
    const heads = facts
      .filter(line => !line.startsWith('-'))
      .map(line => {
        const [oid = '', ref = ''] = line.split(' ')
        if (!Oid.safeParse(oid).success || ref !== `${prefix}${oid}`)
          throw refused(`it names ${cleanLine(ref, 80)}, which is no commit of this run`)
        return oid
      })
    if (heads.length === 0 || heads.length > mostHeads) throw refused('it names no commits, or too many')
    return { needed: needed.map(oid => Oid.parse(oid)), heads, packAt: end + 2 }
  })

const judge = async (
  repository: Repository,
  quarantine: Quarantine,
  wish: BundleTaken,
  { needed, heads, packAt }: Header,
): Promise<void> => {
  const options: GitOptions = { env: quarantine.env }
  const verified = await git(repository, ['bundle', 'verify', '-q', wish.path], options)
  if (verified.exitCode !== 0)
    throw refused(
      needed.length > 0
        ? `this repository lacks what it builds on: ${cleanLine(verified.stderr, 300)}`
        : cleanLine(verified.stderr, 300),
      'Fetch what the other repository has, or export the run without --thin.',
    )
  const pack = join(quarantine.directory, 'incoming.pack')
  await pipeline(createReadStream(wish.path, { start: packAt }), createWriteStream(pack, { mode: 0o600 }))
  const indexed = await indexPack(repository, quarantine, pack, wish.maxBytes)
  if (indexed.exitCode !== 0) throw refused(`git does not accept its objects: ${cleanLine(indexed.stderr, 300)}`)
  const reader = openObjectReader(repository, options)
  try {
    for (const head of heads)
      if ((await reader.facts(head))?.type !== 'commit') throw refused(`${head} is no commit that was delivered`)
    const revisions = [...heads, ...needed.map(oid => `^${oid}`)].map(line => `${line}\n`).join('')
    const connected = await git(repository, ['rev-list', '--objects', '--quiet', '--stdin'], {
      ...options,
      input: revisions,
    })
    if (connected.exitCode !== 0) throw refused('objects that its commits need are missing')
    for (const { tip, base } of wish.works) {
      if ((await reader.facts(tip)) === null || (await reader.facts(base)) === null) continue
      const changes = await rawChanges(repository, base, tip, options)
      const sight = { place: repository, options, reader }
      const findings = await judgeWork(sight, changes, defaultLimits, repository.largeFileDirs)
      const bad = findings.find(({ rule, severity }) => severity === 'blocking' && refusing.includes(rule))
      if (bad !== undefined) throw refused(`${cleanLine(bad.file ?? tip)}: ${bad.claim}`)
    }
  } finally {
    reader.close()
  }
}

/** Size is bounded by the pack's; contents of Git LFS may be on the other machine alone. */
const refusing: readonly HarvestRule[] = ['gitlink', 'symlink', 'reserved-path', 'agent-config']

const refused = (why: string, cure?: string): AgentLabError =>
  new AgentLabError(`import failed on its git bundle: ${why}`, {
    code: 'bundle-refused',
    cure: cure ?? 'Nothing of it was taken. Export the run again where it was made.',
    exit: exitCode.wrongUse,
  })
