/**
 * What is kept of an agent's stream: a file of one JSON line per event, with the time it was heard, its lane, and without
 * secrets.
 */
import { appendFile } from 'node:fs/promises'
import { readTail } from '../config/with-file.ts'
import type { InLane } from '../domain/laned.ts'
import { type PieceStream, redactPieceStream } from '../domain/redaction/piece-stream.ts'
import { WorkerEvent } from '../domain/worker-event.ts'
import type { Host } from './host.ts'

export interface Transcript {
  /** Never waits: what comes while the disk is busy goes to it together, in order. */
  write(event: WorkerEvent): void
  /** Resolves when all of it is written. */
  close(): Promise<void>
}

type Spoken = Extract<WorkerEvent, { type: 'text' | 'thinking' }>
type Heard = { at: number } & WorkerEvent

/** Appends to `path` (0600). What can't be written is said in the log and costs nobody's attempt. */
export const openTranscript = (
  path: string,
  { lane }: InLane,
  host: Pick<Host, 'now' | 'log' | 'redactor'>,
): Transcript => {
  let waiting = ''
  let writing: Promise<void> | null = null
  const drain = async (): Promise<void> => {
    while (waiting !== '') {
      const piece = waiting
      waiting = ''
      await appendFile(path, piece, { mode: 0o600 }).catch(error => host.log(`transcript ${path}: ${String(error)}`))
    }
    writing = null
  }
  const put = (event: Heard): void => {
    waiting += `${JSON.stringify({ lane, ...event })}\n`
    writing ??= drain()
  }
  const speech = holdSpeech(host, put)
  return {
    write: event => {
      const heard = { at: host.now(), ...event }
      if (isSpoken(heard)) speech.hear(heard)
      else {
        speech.end()
        put(withoutSecrets(heard, host.redactor.redact))
      }
    },
    close: async () => {
      speech.end()
      await writing
    },
  }
}

const isSpoken = (event: Heard): event is { at: number } & Spoken => event.type === 'text' || event.type === 'thinking'

/** What a CLI tells word by word is held until no secret can go on in the next event. */
const holdSpeech = ({ redactor }: Pick<Host, 'redactor'>, put: (event: Heard) => void) => {
  let held: ({ at: number } & Spoken)[] = []
  let stream: PieceStream = redactPieceStream(redactor)
  const release = (texts: readonly string[]): void => {
    for (const text of texts) put({ ...held.shift()!, text })
  }
  const end = (): void => {
    release(stream.end())
    stream = redactPieceStream(redactor)
    held = []
  }
  return {
    hear: (event: { at: number } & Spoken): void => {
      if (held.length > 0 && held[0]!.type !== event.type) end()
      held.push(event)
      release(stream.push(event.text))
    },
    end,
  }
}

const readBytes = 16 * 1024 * 1024

/** What was kept at `path`, as far as it is whole and not too far back; without secrets. Nothing where there is no file. */
export const readTranscript = async (path: string): Promise<WorkerEvent[]> => {
  const lines = (await readTail(path, readBytes).catch(() => '')).split('\n')
  return lines.flatMap(line => {
    try {
      return WorkerEvent.safeParse(JSON.parse(line)).data ?? []
    } catch {
      return []
    }
  })
}

/** Every text of an event, whatever its fields are called. */
const withoutSecrets = (event: Heard, redact: (text: string) => string): Heard =>
  Object.fromEntries(
    Object.entries(event).map(([key, value]) => [key, typeof value === 'string' ? redact(value) : value]),
  ) as Heard
