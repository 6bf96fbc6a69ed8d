/** Effects decided and not yet answered, and timers: what a restart goes on with. */
import { Effect, type TimerAction } from '../domain/effect.ts'
import type { Sql } from './database.ts'

export interface TimerRow {
  key: string
  runId: string
  taskId: string | null
  dueAt: number
}

export interface OutboxRows {
  /** Adds an effect; the same key twice is one effect. */
  add(effect: Effect, seq: number): void
  remove(key: string): void
  /** Oldest first. */
  pending(): Effect[]
  pendingOf(runId: string): Effect[]
  setTimer(timer: Extract<TimerAction, { name: 'timer.set' }>, now: number): void
  clearTimer(key: string): void
  timers(): TimerRow[]
  /** Drops effects and timers of a task, or of the whole run when taskId is null; returns the effects' keys. */
  void(runId: string, taskId: string | null): string[]
}

export const outboxRows = (db: Sql): OutboxRows => {
  const add = db.prepare(
    `INSERT OR IGNORE INTO outbox (key, seq, run_id, task_id, name, effect) VALUES (?, ?, ?, ?, ?, ?)`,
  )
  const remove = db.prepare(`DELETE FROM outbox WHERE key = ?`)
  const pending = db.prepare<[], { effect: string }>(`SELECT effect FROM outbox ORDER BY seq, key`)
  const pendingOf = db.prepare<[string], { effect: string }>(
    `SELECT effect FROM outbox WHERE run_id = ? ORDER BY seq, key`,
  )
  const setTimer = db.prepare(`INSERT OR REPLACE INTO timers (key, run_id, task_id, due_at) VALUES (?, ?, ?, ?)`)
  const clearTimer = db.prepare(`DELETE FROM timers WHERE key = ?`)
  const timers = db.prepare<[], { key: string; run_id: string; task_id: string | null; due_at: number }>(
    `SELECT * FROM timers ORDER BY due_at`,
  )
  const voidEffects = db.prepare<[string, string | null, string | null], { key: string }>(
    `DELETE FROM outbox WHERE run_id = ? AND (? IS NULL OR task_id = ?) RETURNING key`,
  )
  const voidTimers = db.prepare(`DELETE FROM timers WHERE run_id = ? AND (? IS NULL OR task_id = ?)`)
  const parse = (row: { effect: string }): Effect => Effect.parse(JSON.parse(row.effect))
  return {
    add: (effect, seq) => {
      const taskId = 'taskId' in effect ? effect.taskId : null
      add.run(effect.key, seq, effect.runId, taskId, effect.name, JSON.stringify(effect))
    },
    remove: key => void remove.run(key),
    pending: () => pending.all().map(parse),
    pendingOf: runId => pendingOf.all(runId).map(parse),
    setTimer: (timer, now) => void setTimer.run(timer.key, timer.runId, timer.taskId, now + timer.dueInMs),
    clearTimer: key => void clearTimer.run(key),
    timers: () =>
      timers.all().map(row => ({ key: row.key, runId: row.run_id, taskId: row.task_id, dueAt: row.due_at })),
    void: (runId, taskId) => {
      voidTimers.run(runId, taskId, taskId)
      return voidEffects.all(runId, taskId, taskId).map(row => row.key)
    },
  }
}
