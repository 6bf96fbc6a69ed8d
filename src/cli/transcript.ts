/** Reads normalised transcripts: `<transcripts>/<taskId|runId>/<role>-<worker>-<attempt>.jsonl`. */

import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { z } from 'zod'
import { withFile } from '../config/with-file.ts'
import { WorkerEvent } from '../domain/worker-event.ts'

/** One line of a transcript with where it came from. */
export interface TranscriptEntry {
  /** The task's id, or the run's for the planner. */
  id: string
  /** `worker-claude-1`. */
  source: string
  at: number
  event: WorkerEvent
}

const Stamp = z.object({ at: z.number() })
const sourceName = /^[a-z]+-[a-z]+-\d{1,4}\.jsonl$/

const parseEntry = (id: string, source: string, line: string): TranscriptEntry[] => {
  try {
    const data: unknown = JSON.parse(line)
    return [{ id, source, at: Stamp.parse(data).at, event: WorkerEvent.parse(data) }]
  } catch {
    return []
  }
}

/** `due` orders entries of several files: their time, but never before an earlier line of the same file. */
type Placed = TranscriptEntry & { due: number }

const inOrder = (entries: TranscriptEntry[]): Placed[] => {
  let due = 0
  return entries.map(entry => {
    due = Math.max(due, entry.at)
    return { ...entry, due }
  })
}

/** Reads what was appended since its last call, for each of the ids, in the order of time. Half lines wait. */
export const transcriptReader = (
  transcripts: string,
  ids: () => readonly string[],
): (() => Promise<TranscriptEntry[]>) => {
  const offsets = new Map<string, number>()
  return async () => {
    const found: Placed[] = []
    for (const id of ids()) {
      const names = await readdir(join(transcripts, id)).catch(() => [])
      for (const name of names.filter(name => sourceName.test(name)).toSorted()) {
        const path = join(transcripts, id, name)
        const { text, next } = await readFrom(path, offsets.get(path) ?? 0)
        offsets.set(path, next)
        const entries = text
          .split('\n')
          .flatMap(line => (line === '' ? [] : parseEntry(id, name.replace(/\.jsonl$/, ''), line)))
        found.push(...inOrder(entries))
      }
    }
    return found.toSorted((a, b) => a.due - b.due).map(({ due: _, ...entry }) => entry)
  }
}

/** Whole lines from a byte offset on, and the offset after them. */
const readFrom = (path: string, offset: number): Promise<{ text: string; next: number }> =>
  withFile(path, 'r', async file => {
    const { size } = await file.stat()
    if (size <= offset) return { text: '', next: Math.min(size, offset) }
    const buffer = Buffer.alloc(size - offset)
    const { bytesRead } = await file.read(buffer, 0, buffer.length, offset)
    const end = buffer.subarray(0, bytesRead).lastIndexOf(0x0a) + 1
    return { text: buffer.subarray(0, end).toString('utf8'), next: offset + end }
  })
