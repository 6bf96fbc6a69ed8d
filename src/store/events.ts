/** The log's rows. */
import { type LoggedEvent, LoopEvent, type LoopEventType } from '../domain/event.ts'
import type { Sql } from './database.ts'

export interface EventRows {
  /** Appends one event and returns its sequence number. */
  append(event: LoopEvent, at: number, epoch: number): number
  ofRun(runId: string, afterSeq?: number): LoggedEvent[]
  /** The run's first event: its request. */
  first(runId: string): LoggedEvent | null
  /** Milliseconds the run was under way: from each request, resumption or rejection to the rest that followed, or to `now`. */
  activeMs(runId: string, now: number): number
  /** Every event of one type, oldest first, of all runs that were made here. */
  ofType(type: LoopEventType): LoggedEvent[]
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
  const ofRun = db.prepare<[string, number], Row>(
    `SELECT seq, at, epoch, data FROM events WHERE run_id = ? AND seq > ? ORDER BY seq`,
  )
  const first = db.prepare<[string], Row>(
    `SELECT seq, at, epoch, data FROM events WHERE run_id = ? ORDER BY seq LIMIT 1`,
  )
  const ofType = db.prepare<[string], Row>(`SELECT seq, at, epoch, data FROM events WHERE type = ?
     AND run_id NOT IN (SELECT run_id FROM imports) ORDER BY seq`)
  const marks = db.prepare<[string], { at: number; type: string }>(
    `SELECT at, type FROM events WHERE run_id = ? AND type IN
     ('run.requested', 'operator.resumed', 'operator.answered', 'operator.rejected', 'plan.approved', 'run.concluded') ORDER BY seq`,
  )
  const last = db.prepare<[], { seq: number | null }>(`SELECT max(seq) AS seq FROM events`)
  const all = db.prepare<[], Row>(`SELECT seq, at, epoch, data FROM events ORDER BY seq`)
  return {
    append: (event, at, epoch) => {
      const taskId = 'taskId' in event ? event.taskId : null
      return Number(insert.run(at, epoch, event.runId, taskId, event.type, JSON.stringify(event)).lastInsertRowid)
    },
    ofRun: (runId, afterSeq = 0) => ofRun.all(runId, afterSeq).map(toEvent),
    first: runId => {
      const row = first.get(runId)
      return row === undefined ? null : toEvent(row)
    },
    ofType: type => ofType.all(type).map(toEvent),
    activeMs: (runId, now) => {
      let total = 0
      let since: number | null = null
      for (const { at, type } of marks.all(runId)) {
        if (type === 'run.concluded') {
          total += since === null ? 0 : Math.max(0, at - since)
          since = null
        } else {
          since ??= at
        }
      }
      return total + (since === null ? 0 : Math.max(0, now - since))
    },
    lastSeq: () => last.get()!.seq ?? 0,
    all: () => all.all().map(toEvent),
  }
}
