/** The log from a sequence number on, of all runs, a bounded number of rows at a time. */
import type { LoggedEvent } from '../domain/event.ts'
import type { Sql } from './database.ts'

/** `event` is as it was written: this build may not know its type. */
export interface FeedRow extends Omit<LoggedEvent, 'event'> {
  event: { type: string; runId: string; taskId?: string | null; [key: string]: unknown }
}

export interface EventFeed {
  /** At most `limit` rows with a sequence number above `seq`, in order. */
  after(seq: number, limit: number): FeedRow[]
  lastSeq(): number
}

export const eventFeed = (db: Sql): EventFeed => {
  const after = db.prepare<[number, number], { seq: number; at: number; epoch: number; data: string }>(
    `SELECT seq, at, epoch, data FROM events WHERE seq > ? ORDER BY seq LIMIT ?`,
  )
  const last = db.prepare<[], { seq: number | null }>(`SELECT max(seq) AS seq FROM events`)
  return {
    after: (seq, limit) => after.all(seq, limit).map(({ data, ...row }) => ({ ...row, event: JSON.parse(data) })),
    lastSeq: () => last.get()!.seq ?? 0,
  }
}
