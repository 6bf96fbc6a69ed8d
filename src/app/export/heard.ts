/** Transcripts of a run as rows, without secrets by today's rules, and back as the files readers know. */
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { z } from 'zod'
import type { WordRowOf } from '../../domain/export-file.ts'
import type { InLane } from '../../domain/laned.ts'
import type { Redactor } from '../../domain/redaction/redactor.ts'
import { WorkerEvent } from '../../domain/worker-event.ts'

type Heard = WordRowOf<'heard'>

const Stamp = z.object({ at: z.number() })
const fileName = /^([a-z]{1,20}-[a-z]{1,20}-\d{1,4})\.jsonl$/

/** In the order of ids, files and lines. A line that no reader could read is left out. */
export const readHeard = async (transcripts: string, ids: readonly string[]): Promise<Heard[]> => {
  const rows: Heard[] = []
  for (const id of ids) {
    const names = await readdir(join(transcripts, id)).catch(() => [])
    for (const name of names.toSorted()) {
      const source = fileName.exec(name)?.[1]
      if (source === undefined) continue
      const text = await readFile(join(transcripts, id, name), 'utf8')
      rows.push(...text.split('\n').flatMap(line => heardIn(id, source, line)))
    }
  }
  return rows
}

const heardIn = (id: string, source: string, line: string): Heard[] => {
  try {
    const data: unknown = JSON.parse(line)
    return [{ row: 'heard', id, source, at: Stamp.parse(data).at, event: WorkerEvent.parse(data) }]
  } catch {
    return []
  }
}

/** What is said word by word is looked at as the one text it is. */
export const withoutSecrets = (rows: readonly Heard[], redactor: Redactor): Heard[] => {
  const out: Heard[] = []
  let held: Heard[] = []
  const release = (): void => {
    const texts = redactor.redactPieces(held.map(textOf))
    out.push(...held.map((row, index) => ({ ...row, event: { ...row.event, text: texts[index]! } }) as Heard))
    held = []
  }
  for (const row of rows) {
    const last = held.at(-1)
    if (last !== undefined && !isSameSpeech(last, row)) release()
    if (isSpoken(row)) held.push(row)
    else out.push({ ...row, event: redacted(row.event, redactor) })
  }
  release()
  return out
}

const isSpoken = ({ event }: Heard): boolean => event.type === 'text' || event.type === 'thinking'
const textOf = ({ event }: Heard): string => ('text' in event ? event.text : '')
const isSameSpeech = (one: Heard, other: Heard): boolean =>
  one.id === other.id && one.source === other.source && one.event.type === other.event.type

const redacted = (event: WorkerEvent, { redact }: Redactor): WorkerEvent =>
  Object.fromEntries(
    Object.entries(event).map(([key, value]) => [
      key,
      typeof value === 'string' && key !== 'type' ? redact(value) : value,
    ]),
  ) as WorkerEvent

/** Text of each file by its path below the folder of transcripts. */
export const transcriptFiles = (rows: readonly Heard[], { lane }: InLane): Map<string, string> => {
  const files = new Map<string, string[]>()
  for (const { id, source, at, event } of rows) {
    const path = join(id, `${source}.jsonl`)
    const lines = files.get(path) ?? []
    lines.push(`${JSON.stringify({ lane, at, ...event })}\n`)
    files.set(path, lines)
  }
  return new Map([...files].map(([path, lines]) => [path, lines.join('')]))
}
