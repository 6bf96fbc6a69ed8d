/** Reads what an export printed. The file is a worker's word: bounded, no links followed, copied before it is used. */
import { constants } from 'node:fs'
import { type FileHandle, open, realpath } from 'node:fs/promises'
import { dirname, resolve } from 'node:path'
import { z } from 'zod'
import { Oid } from '../domain/ids.ts'

const ExportHeader = z.object({
  tip: Oid,
  committedByUs: z.boolean(),
  /** Conflicts were still unresolved when the work was collected. */
  unmerged: z.boolean(),
  /** Everything in the work tree could be staged and committed. */
  staged: z.boolean(),
  /** Files lie in the folder of a submodule, where git sees none. */
  strayed: z.boolean(),
})
export type ExportHeader = z.infer<typeof ExportHeader>

export type ExportRead =
  | { status: 'read'; header: ExportHeader; packBytes: number }
  | { status: 'unreadable'; why: string }

const maxHeaderBytes = 1024
const chunkBytes = 1024 * 1024

const parseHeader = (bytes: Buffer): { header: ExportHeader; length: number } | null => {
  const end = bytes.indexOf(10)
  if (end < 0) return null
  try {
    return { header: ExportHeader.parse(JSON.parse(bytes.toString('utf8', 0, end))), length: end + 1 }
  } catch {
    return null
  }
}

const copyRest = async (from: FileHandle, start: number, to: string): Promise<number> => {
  const target = await open(to, 'wx', 0o600)
  const buffer = Buffer.alloc(chunkBytes)
  try {
    for (let at = start; ; ) {
      const { bytesRead } = await from.read(buffer, 0, chunkBytes, at)
      if (bytesRead === 0) return at - start
      await target.write(buffer, 0, bytesRead)
      at += bytesRead
    }
  } finally {
    await target.close()
  }
}

const openRegular = async (path: string, maxBytes: number): Promise<FileHandle | string> => {
  // O_NOFOLLOW guards the last name only; a linked directory on the way shows in the real path.
  const folder = resolve(dirname(path))
  if ((await realpath(folder).catch(() => '')) !== folder) return 'its folder is a link or missing'
  const flags = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK
  const handle = await open(path, flags).catch(() => null)
  if (!handle) return 'it is missing or a link'
  const { size, nlink } = await handle.stat()
  const isRegular = (await handle.stat()).isFile()
  if (isRegular && nlink === 1 && size <= maxBytes + maxHeaderBytes) return handle
  await handle.close()
  return isRegular && nlink === 1 ? `it holds ${size} bytes, more than ${maxBytes}` : 'it is not a plain file'
}

/** Reads the header and copies the pack to `packPath`, a new file only we can write. `path` must be absolute and real. */
export const readExport = async (path: string, packPath: string, maxBytes: number): Promise<ExportRead> => {
  const handle = await openRegular(path, maxBytes)
  if (typeof handle === 'string') return { status: 'unreadable', why: handle }
  try {
    const head = Buffer.alloc(maxHeaderBytes)
    const { bytesRead } = await handle.read(head, 0, maxHeaderBytes, 0)
    const parsed = parseHeader(head.subarray(0, bytesRead))
    if (!parsed) return { status: 'unreadable', why: 'its first line is not what the export prints' }
    return { status: 'read', header: parsed.header, packBytes: await copyRest(handle, parsed.length, packPath) }
  } finally {
    await handle.close()
  }
}
