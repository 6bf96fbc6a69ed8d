/** Writes an export as one file: beside its place, on disk, and only then under its name, which must be free. */
import { createHash, randomBytes } from 'node:crypto'
import { createReadStream, existsSync } from 'node:fs'
import { type FileHandle, link, open, rename, rm, stat } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { promisify } from 'node:util'
import { gzip } from 'node:zlib'
import { AgentLabError, exitCode } from '../../domain/errors.ts'
import { type ExportPart, exportBounds, firstLine, type Manifest } from '../../domain/export-file.ts'

/** A part: rows to be packed as JSON lines, or a file as it is. */
export type PartSource =
  | { name: 'facts' | 'words'; rows: readonly unknown[] }
  | { name: 'git'; path: string; rows: readonly unknown[] }

interface Made {
  part: ExportPart
  write(file: FileHandle): Promise<void>
}

/**
 * Gives the size in bytes. The file has mode 0600 and stands there whole or not at all.
 * @throws AgentLabError `file-exists`, `file-unwritable`, `export-too-large` (exit 2)
 */
export const writeExport = async (
  path: string,
  about: Omit<Manifest, 'parts' | 'format'>,
  sources: readonly PartSource[],
): Promise<number> => {
  const parts = await Promise.all(sources.map(source => made(about.runId, source)))
  const manifest: Manifest = { format: 1, ...about, parts: parts.map(({ part }) => part) }
  const head = `${firstLine(about)}\n${JSON.stringify(manifest)}\n`
  const partial = join(dirname(path), `.${basename(path)}.${randomBytes(6).toString('hex')}`)
  if (existsSync(path)) throw exists(path)
  try {
    const file = await open(partial, 'wx', 0o600)
    try {
      await file.writeFile(`${head}${sha256(head)}\n`)
      for (const { write } of parts) await write(file)
      await file.sync()
    } finally {
      await file.close()
    }
    await name(partial, path)
    return (await stat(path)).size
  } catch (error) {
    throw error instanceof AgentLabError ? error : unwritable(path, error as NodeJS.ErrnoException)
  } finally {
    await rm(partial, { force: true })
  }
}

/** A link, unlike a renaming, never takes the place of what came meanwhile; not every file system has it. */
const name = async (partial: string, path: string): Promise<void> => {
  try {
    await link(partial, path)
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code === 'EEXIST' || existsSync(path)) throw exists(path)
    if (!['EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS', 'EMLINK'].includes(code ?? '')) throw error
    await rename(partial, path)
  }
}

const made = async (runId: string, source: PartSource): Promise<Made> => {
  if (source.name === 'git') {
    const { size } = await stat(source.path)
    if (size > exportBounds.git) throw tooLarge(runId, 'its commits', '--thin')
    const hash = createHash('sha256')
    for await (const piece of createReadStream(source.path)) hash.update(piece as Buffer)
    const part = {
      name: source.name,
      bytes: size,
      plainBytes: size,
      rows: source.rows.length,
      sha256: hash.digest('hex'),
    }
    return {
      part,
      write: async file => {
        for await (const piece of createReadStream(source.path)) await file.writeFile(piece as Buffer)
      },
    }
  }
  const plain = Buffer.from(source.rows.map(row => `${JSON.stringify(row)}\n`).join(''), 'utf8')
  const packed = await promisify(gzip)(plain)
  if (plain.length > exportBounds.plain || packed.length > exportBounds.packed)
    throw tooLarge(runId, 'what was said', '--facts')
  const { length: rows } = source.rows
  const part = { name: source.name, bytes: packed.length, plainBytes: plain.length, rows, sha256: sha256(packed) }
  return { part, write: file => file.writeFile(packed) }
}

const sha256 = (bytes: string | Buffer): string => createHash('sha256').update(bytes).digest('hex')

const exists = (path: string): AgentLabError =>
  new AgentLabError(`export failed on ${path}: it is there already, and nothing is overwritten`, {
    code: 'file-exists',
    cure: 'Name another file: --output FILE',
    exit: exitCode.wrongUse,
  })

const unwritable = (path: string, error: NodeJS.ErrnoException): AgentLabError => {
  const isFull = error.code === 'ENOSPC' || error.code === 'EDQUOT'
  return new AgentLabError(
    `export failed on writing ${path}: ${isFull ? 'the disk is full' : (error.code ?? error.message)}`,
    {
      code: isFull ? 'disk-full' : 'file-unwritable',
      cure: isFull
        ? 'Nothing was left behind. Name a file on another disk: --output FILE'
        : 'Name a file in a folder that exists and is yours to write: --output FILE',
      exit: isFull ? exitCode.failed : exitCode.wrongUse,
      cause: error,
    },
  )
}

const tooLarge = (runId: string, what: string, option: string): AgentLabError =>
  new AgentLabError(`export failed on ${runId}: ${what} is more than a file may hold`, {
    code: 'export-too-large',
    cure: `Leave it out: agentlab export ${runId} ${option}`,
    exit: exitCode.wrongUse,
  })
