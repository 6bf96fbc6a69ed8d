/** The repository's own instructions for agents, read by us at a commit, so that every agent gets the same text. */
import type { Oid } from '../domain/ids.ts'
import { isInstructionPath } from './agent-config.ts'
import { listTree, objectSizes, readBlobs } from './blobs.ts'
import type { GitPlace } from './exec.ts'

export interface InstructionFile {
  path: string
  text: string
  /** The text ends early, or is empty because the sum of all files is over its bound. */
  isCut: boolean
}

const maxFileBytes = 64 * 1024
const maxTotalBytes = 256 * 1024
/** A file larger than this is not even read. */
const maxReadBytes = 1024 * 1024

const depth = (path: string): number => path.split('/').length

/**
 * CLAUDE.md, AGENTS.md, GEMINI.md (and their local and override forms) of a commit, root first, then by path. At most
 * 64 KiB each and 256 KiB together. Links are not followed: what they point at is either another such file or no
 * instruction.
 */
export const readInstructionFiles = async (place: GitPlace, commit: Oid): Promise<InstructionFile[]> => {
  const files = (await listTree(place, commit))
    .filter(entry => entry.mode.startsWith('100') && isInstructionPath(entry.path))
    .sort((a, b) => depth(a.path) - depth(b.path) || (a.path < b.path ? -1 : 1))
  if (files.length === 0) return []
  const sizes = await objectSizes(place, new Set(files.map(file => file.oid)))
  const read = files.filter(file => (sizes.get(file.oid) ?? 0) <= maxReadBytes).slice(0, maxTotalBytes / 1024)
  const blobs = await readBlobs(place, new Set(read.map(file => file.oid)))
  let left = maxTotalBytes
  return files.map(({ path, oid }) => {
    const bytes = blobs.get(oid) ?? Buffer.alloc(0)
    const kept = Math.min(bytes.length, maxFileBytes, left)
    left -= kept
    // A cut inside a character leaves a replacement mark at the end; it is dropped.
    const text = bytes
      .subarray(0, kept)
      .toString('utf8')
      .replace(/\ufffd+$/, '')
    return { path, text, isCut: kept < (sizes.get(oid) ?? 0) }
  })
}
