/** What is kept of an agent's stream: a file of one JSON line per event, with the time it was heard. */
import { appendFile } from 'node:fs/promises'
import type { WorkerEvent } from '../domain/worker-event.ts'
import type { Host } from './host.ts'

export interface Transcript {
  /** Never waits: what comes while the disk is busy goes to it together, in order. */
  write(event: WorkerEvent): void
  /** Resolves when all of it is written. */
  close(): Promise<void>
}

/** Appends to `path` (0600). What can't be written is said in the log and costs nobody's attempt. */
export const openTranscript = (path: string, host: Pick<Host, 'now' | 'log'>): Transcript => {
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
  return {
    write: event => {
      waiting += `${JSON.stringify({ at: host.now(), ...event })}\n`
      writing ??= drain()
    },
    close: async () => {
      await writing
    },
  }
}
