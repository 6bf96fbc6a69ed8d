/**
 * Reads an export that somebody hands us: sizes are bounded before anything is read, digests are held against the bytes
 * before anything is unpacked, and every row has to be of its shape.
 */
import { createHash } from 'node:crypto'
import { constants } from 'node:fs'
import { type FileHandle, open } from 'node:fs/promises'
import { promisify } from 'node:util'
import { gunzip } from 'node:zlib'
import type { z } from 'zod'
import { withFile } from '../../config/with-file.ts'
import { AgentLabError, exitCode } from '../../domain/errors.ts'
import {
  type ExportPart,
  exportBounds,
  exportFormat,
  FactRow,
  firstLine,
  Manifest,
  readFirstLine,
  WordRow,
} from '../../domain/export-file.ts'
import { cleanLine } from '../../domain/text.ts'

export interface ReadExport {
  manifest: Manifest
  facts: FactRow[]
  /** null: the file has none. */
  words: WordRow[] | null
}

/**
 * `bundlePath` gets the git bundle, where there is one.
 * @throws AgentLabError `import-refused`, `export-newer` (exit 2)
 */
export const readExport = async (path: string, bundlePath: string): Promise<ReadExport> => {
  const refused = (why: string): AgentLabError => refusedFile(path, why)
  // Without blocking: a named pipe would wait for a writer for ever.
  const file = await open(path, constants.O_RDONLY | constants.O_NONBLOCK).catch((error: NodeJS.ErrnoException) => {
    throw refused(error.code === 'ENOENT' ? 'there is no such file' : (error.code ?? error.message))
  })
  try {
    const found = await file.stat()
    if (!found.isFile()) throw refused('it is not a regular file')
    const { manifest, end } = await readManifest(file, path)
    const places = placesOf(manifest.parts, end)
    const sum = manifest.parts.reduce((total, part) => total + part.bytes, end)
    if (sum !== found.size) throw refused('its length is not what its manifest says: it was cut off or added to')
    const of = (name: ExportPart['name']) => places.find(place => place.part.name === name)
    const git = of('git')
    const [facts, words] = [of('facts'), of('words')]
    if (facts === undefined) throw refused('it has no facts')
    // All digests before anything is unpacked.
    const packedFacts = await bytesOf(file, path, facts)
    const packedWords = words === undefined ? null : await bytesOf(file, path, words)
    if (git !== undefined) await copyPart(file, path, git, bundlePath)
    return {
      manifest,
      facts: await rowsOf(path, facts.part, packedFacts, FactRow),
      words: packedWords === null ? null : await rowsOf(path, words!.part, packedWords, WordRow),
    }
  } finally {
    await file.close()
  }
}

interface Place {
  part: ExportPart
  at: number
}

const readManifest = async (file: FileHandle, path: string): Promise<{ manifest: Manifest; end: number }> => {
  const most = exportBounds.firstLine + exportBounds.manifest + 65
  const { buffer, bytesRead } = await file.read(Buffer.alloc(most), 0, most, 0)
  const text = buffer.subarray(0, bytesRead)
  const first = text.indexOf('\n')
  const said = first < 0 || first > exportBounds.firstLine ? null : readFirstLine(text.toString('latin1', 0, first))
  if (said === null) throw refusedFile(path, 'it is no export of AgentLab')
  if (said.format > exportFormat) throw newer(path, said.format)
  const second = text.indexOf('\n', first + 1)
  const end = second + 66
  if (second < 0 || end > bytesRead || text[end - 1] !== 0x0a) throw refusedFile(path, 'its manifest is cut off')
  const digest = createHash('sha256')
    .update(text.subarray(0, second + 1))
    .digest('hex')
  if (text.toString('latin1', second + 1, end - 1) !== digest) throw damaged(path, 'manifest')
  const manifest = parsed(Manifest, text.toString('utf8', first + 1, second))
  if (manifest === null) throw refusedFile(path, 'its manifest is not of the shape of its format')
  if (text.toString('latin1', 0, first) !== firstLine(manifest))
    throw refusedFile(path, 'its first line and its manifest name different runs or lanes')
  return { manifest, end }
}

const placesOf = (parts: readonly ExportPart[], start: number): Place[] => {
  let at = start
  return parts.map(part => {
    at += part.bytes
    return { part, at: at - part.bytes }
  })
}

const bytesOf = async (file: FileHandle, path: string, { part, at }: Place): Promise<Buffer> => {
  if (part.bytes > exportBounds.packed || part.plainBytes > exportBounds.plain)
    throw refusedFile(path, `its ${part.name} are more than is read`)
  const buffer = Buffer.alloc(part.bytes)
  let done = 0
  while (done < part.bytes) {
    const { bytesRead } = await file.read(buffer, done, part.bytes - done, at + done)
    if (bytesRead === 0) throw damaged(path, part.name)
    done += bytesRead
  }
  if (createHash('sha256').update(buffer).digest('hex') !== part.sha256) throw damaged(path, part.name)
  return buffer
}

const pieceBytes = 1024 * 1024

const copyPart = async (file: FileHandle, path: string, { part, at }: Place, to: string): Promise<void> => {
  if (part.bytes > exportBounds.git) throw refusedFile(path, 'its commits are more than is read')
  const hash = createHash('sha256')
  const piece = Buffer.alloc(pieceBytes)
  await withFile(
    to,
    'wx',
    async out => {
      for (let done = 0; done < part.bytes; ) {
        const { bytesRead } = await file.read(piece, 0, Math.min(pieceBytes, part.bytes - done), at + done)
        if (bytesRead === 0) throw damaged(path, part.name)
        hash.update(piece.subarray(0, bytesRead))
        await out.writeFile(piece.subarray(0, bytesRead))
        done += bytesRead
      }
    },
    0o600,
  )
  if (hash.digest('hex') !== part.sha256) throw damaged(path, part.name)
}

const rowsOf = async <S extends z.ZodType>(
  path: string,
  part: ExportPart,
  packed: Buffer,
  schema: S,
): Promise<z.output<S>[]> => {
  const plain = await promisify(gunzip)(packed, { maxOutputLength: Math.max(1, part.plainBytes) }).catch(() => null)
  if (plain === null || plain.length !== part.plainBytes)
    throw refusedFile(path, `its ${part.name} do not unpack to what its manifest says`)
  const text = plain.toString('utf8')
  const rows: z.output<S>[] = []
  for (let start = 0; start < text.length; ) {
    const end = text.indexOf('\n', start)
    const row = end < 0 || rows.length >= part.rows ? null : parsed(schema, text.slice(start, end))
    if (row === null)
      throw refusedFile(path, `row ${rows.length + 1} of its ${part.name} is not of the shape of its format`)
    rows.push(row)
    start = end + 1
  }
  if (rows.length !== part.rows) throw refusedFile(path, `its ${part.name} have fewer rows than its manifest says`)
  return rows
}

const parsed = <S extends z.ZodType>(schema: S, text: string): z.output<S> | null => {
  try {
    return schema.safeParse(JSON.parse(text)).data ?? null
  } catch {
    return null
  }
}

export const refusedFile = (path: string, why: string, cure = 'Nothing of it was taken.'): AgentLabError =>
  new AgentLabError(`import failed on ${cleanLine(path, 300)}: ${why}`, {
    code: 'import-refused',
    cure,
    exit: exitCode.wrongUse,
  })

const damaged = (path: string, part: string): AgentLabError =>
  refusedFile(
    path,
    `its ${part} ${part === 'manifest' || part === 'git' ? 'is' : 'are'} damaged: the sha256 is another`,
    'Nothing of it was taken. Copy the file again from where it was made.',
  )

const newer = (path: string, format: number): AgentLabError =>
  new AgentLabError(
    `import failed on ${cleanLine(path, 300)}: it is of format ${format}, and this AgentLab reads up to ${exportFormat}`,
    { code: 'export-newer', cure: 'Update AgentLab here; nothing of it was taken.', exit: exitCode.wrongUse },
  )
