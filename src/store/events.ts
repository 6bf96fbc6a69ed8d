/** The log's rows. */
import { LoopEvent, type LoggedEvent } from '../domain/event.ts'
import type { Sql } from './database.ts'

export interface EventRows {
  /** Appends one event and returns its sequence number. */
  append(event: LoopEvent, at: number, epoch: number): number
  ofRun(runId: string, afterSeq?: number): LoggedEvent[]
  /** The newest sequence number, 0 when the log is empty. */
  lastSeq(): number
  all(): LoggedEvent[]
}

interface Row {
  seq: number
  at: number
  epoch: number
  data: string
}

const toEvent = (row: Row): LoggedEvent => ({
  seq: row.seq,
  at: row.at,
  epoch: row.epoch,
  event: LoopEvent.parse(JSON.parse(row.data)),
})

export const eventRows = (db: Sql): EventRows => {
  const insert = db.prepare(`INSERT INTO events (at, epoch, run_id, task_id, type, data) VALUES (?, ?, ?, ?, ?, ?)`)
  const ofRun = db.prepare<[string, number], Row>(`SELECT seq, at, epoch, data FROM events WHERE run_id = ? AND seq > ? ORDER BY seq`)
  const last = db.prepare<[], { seq: number | null }>(`SELECT max(seq) AS seq FROM events`)
  const all = db.prepare<[], Row>(`SELECT seq, at, epoch, data FROM events ORDER BY seq`)
  return {
    append: (event, at, epoch) => {
      const taskId = 'taskId' in event ? event.taskId : null
      return Number(insert.run(at, epoch, event.runId, taskId, event.type, JSON.stringify(event)).lastInsertRowid)
    },
    ofRun: (runId, afterSeq = 0) => ofRun.all(runId, afterSeq).map(toEvent),
    lastSeq: () => last.get()!.seq ?? 0,
    all: () => all.all().map(toEvent),
  }
}
