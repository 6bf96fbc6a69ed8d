/**
 * What was asked through the gateway for the operator's tools: facts only, in a database beside all data dirs, for tools
 * belong to no repository. Several gateways may write to it.
 */
import Database from 'better-sqlite3'
import type { Lane, Provider } from '../domain/lane.ts'
import { readableStoreError } from './store-errors.ts'

export interface ToolRequestRow {
  lane: Lane
  provider: Provider
  /** The provider's own name. */
  model: string
  /** HTTP status; null when the provider never answered. */
  status: number | null
  input: number | null
  cached: number | null
  output: number | null
  /** Tokens of input by the size of the body: what a limit counts where the wire told nothing. */
  estimate: number
  startedAt: number
  endedAt: number
}

export interface ToolRequests {
  add(row: ToolRequestRow): void
  /** In the order they ended; `since` is epoch milliseconds. */
  since(since: number): ToolRequestRow[]
  /** Of one lane or, with null, of all. */
  spent(lane: Lane | null, since: number): { requests: number; tokens: number }
  close(): void
}

/** Opens the database, or makes it. @throws AgentLabError as the store does */
export const openToolRequests = (path: string): ToolRequests => {
  try {
    const db = new Database(path, { timeout: 2_000 })
    // A program that is killed loses nothing so; a machine that loses its power may lose the last rows.
    db.pragma('journal_mode = WAL')
    db.pragma('synchronous = NORMAL')
    db.exec(
      `CREATE TABLE IF NOT EXISTS requests (
         id INTEGER PRIMARY KEY, lane TEXT NOT NULL, provider TEXT NOT NULL, model TEXT NOT NULL, status INTEGER,
         input INTEGER, cached INTEGER, output INTEGER, estimate INTEGER NOT NULL,
         started_at INTEGER NOT NULL, ended_at INTEGER NOT NULL) STRICT;
       CREATE INDEX IF NOT EXISTS requests_by_start ON requests (started_at)`,
    )
    const add = db.prepare(
      `INSERT INTO requests (lane, provider, model, status, input, cached, output, estimate, started_at, ended_at)
       VALUES (@lane, @provider, @model, @status, @input, @cached, @output, @estimate, @startedAt, @endedAt)`,
    )
    const since = db.prepare<[number], ToolRequestRow>(
      `SELECT lane, provider, model, status, input, cached, output, estimate, started_at AS startedAt, ended_at AS endedAt
       FROM requests WHERE started_at >= ? ORDER BY id`,
    )
    const spent = db.prepare<[{ lane: string | null; since: number }], { requests: number; tokens: number }>(
      `SELECT count(*) AS requests, coalesce(sum(coalesce(input, estimate) + coalesce(output, 0)), 0) AS tokens
       FROM requests WHERE started_at >= @since AND (@lane IS NULL OR lane = @lane)`,
    )
    return {
      add: row => void add.run(row),
      since: at => since.all(at),
      spent: (lane, at) => spent.get({ lane, since: at })!,
      close: () => void db.close(),
    }
  } catch (error) {
    throw readableStoreError(error, path)
  }
}
