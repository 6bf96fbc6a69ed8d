/** What people and models wrote: kept under random ids with run and lane, apart from the log. */
import type { ContentId } from '../domain/ids.ts'
import type { Lane } from '../domain/lane.ts'
import { type InLane, type Laned, laned } from '../domain/laned.ts'
import type { Sql } from './database.ts'

export type ContentKind =
  | 'goal'
  | 'config'
  | 'planFile'
  | 'plan'
  | 'forecast'
  | 'question'
  | 'reply'
  | 'message'
  | 'scenario'
  | 'findings'
  | 'answer'
  | 'log'
  | 'checkResults'
  | 'verdict'
  | 'error'
  | 'instructions'

export interface ContentRow {
  id: ContentId
  runId: string
  taskId: string | null
  /** Inherited from the run; there is no content without a lane. */
  lane: Lane
  kind: ContentKind
  at: number
  text: string
}

/** A row of what a run's words became: whoever keeps some says from where, and their lane goes along. */
export const contentRow = (from: InLane & { runId: string }, row: Omit<ContentRow, 'runId' | 'lane'>): ContentRow => ({
  ...row,
  runId: from.runId,
  lane: from.lane,
})

export interface ContentRows {
  add(row: ContentRow): void
  /** null when it never was, or was erased. */
  text(id: ContentId): string | null
  /** The same with its lane, for what is made of it. */
  laned(id: ContentId): Laned | null
  ofRun(runId: string): ContentRow[]
  /** Bytes of text by run. */
  sizes(): Map<string, number>
  erase(runId: string): void
}

export const contentRows = (db: Sql): ContentRows => {
  const add = db.prepare(
    `INSERT OR IGNORE INTO content (id, run_id, task_id, lane, kind, at, text) VALUES (?, ?, ?, ?, ?, ?, ?)`,
  )
  const text = db.prepare<[string], { text: string; lane: Lane }>(`SELECT text, lane FROM content WHERE id = ?`)
  const ofRun = db.prepare<[string], Omit<ContentRow, 'runId' | 'taskId'> & { run_id: string; task_id: string | null }>(
    `SELECT * FROM content WHERE run_id = ? ORDER BY at, id`,
  )
  const sizes = db.prepare<[], { runId: string; bytes: number }>(
    `SELECT run_id AS runId, sum(octet_length(text)) AS bytes FROM content GROUP BY run_id`,
  )
  const erase = db.prepare(`DELETE FROM content WHERE run_id = ?`)
  return {
    add: row => void add.run(row.id, row.runId, row.taskId, row.lane, row.kind, row.at, row.text),
    text: id => text.get(id)?.text ?? null,
    laned: id => {
      const row = text.get(id)
      return row === undefined ? null : laned(row.text, row)
    },
    ofRun: runId =>
      ofRun.all(runId).map(({ run_id, task_id, ...rest }) => ({ ...rest, runId: run_id, taskId: task_id })),
    sizes: () => new Map(sizes.all().map(({ runId, bytes }) => [runId, bytes])),
    erase: runId => void erase.run(runId),
  }
}
