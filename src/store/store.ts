/**
 * The store's functions. A writer holds the supervisor's epoch and every write of it checks that no later supervisor
 * has begun; readers and the appending of commands need none.
 */
import { randomBytes } from 'node:crypto'
import { AgentLabError } from '../domain/errors.ts'
import type { TaskSample } from '../domain/forecast.ts'
import { type CheckRows, checkRows } from './checks.ts'
import { type CommandRows, commandRows } from './commands.ts'
import { type ContentRows, contentRows } from './content.ts'
import type { Sql } from './database.ts'
import { type ErasureRows, erasureRows } from './erasure.ts'
import { type EventRows, eventRows } from './events.ts'
import { type ImportRows, importRows } from './imports.ts'
import { type LaunchRows, launchRows } from './launches.ts'
import { type MachineRows, machineRows } from './machines.ts'
import { type OutboxRows, outboxRows } from './outbox.ts'
import { type RequestRows, requestRows } from './requests.ts'
import { readableStoreError } from './store-errors.ts'
import { taskHistory } from './task-history.ts'

export interface Store {
  events: EventRows
  machines: MachineRows
  outbox: OutboxRows
  content: ContentRows
  commands: CommandRows
  requests: RequestRows
  checks: CheckRows
  launches: LaunchRows
  erasure: ErasureRows
  imports: ImportRows
  /** What finished tasks took: of real runs or of rehearsals. */
  taskHistory(rehearsed: boolean): TaskSample[]
  /** Runs `work` in one immediate transaction; with an epoch, refuses when a later supervisor has begun. A write within a write is part of it. */
  write<T>(work: () => T, epoch?: number): T
  /** Begins a new supervisor's time: returns an epoch greater than every one before. */
  nextEpoch(): number
  /** Changes whenever another connection commits; cheap to poll. */
  dataVersion(): number
  close(): void
}

export const createStore = (db: Sql): Store => {
  const readEpoch = db.prepare<[], { value: string }>(`SELECT value FROM meta WHERE key = 'epoch'`)
  const writeEpoch = db.prepare(`UPDATE meta SET value = ? WHERE key = 'epoch'`)
  const currentEpoch = (): number => Number(readEpoch.get()!.value)

  return {
    events: eventRows(db),
    machines: machineRows(db),
    outbox: outboxRows(db),
    content: contentRows(db),
    commands: commandRows(db),
    requests: requestRows(db),
    checks: checkRows(db),
    launches: launchRows(db),
    erasure: erasureRows(db),
    imports: importRows(db),
    taskHistory: rehearsed => taskHistory(db, rehearsed),
    write: (work, epoch) => {
      try {
        return db
          .transaction(() => {
            if (epoch !== undefined && currentEpoch() !== epoch) throw supersededError(epoch, currentEpoch())
            return work()
          })
          .immediate()
      } catch (error) {
        throw readableStoreError(error, db.name)
      }
    },
    nextEpoch: () =>
      db
        .transaction(() => {
          const next = currentEpoch() + 1
          writeEpoch.run(String(next))
          return next
        })
        .immediate(),
    dataVersion: () => db.pragma('data_version', { simple: true }) as number,
    close: () => db.close(),
  }
}

const supersededError = (mine: number, current: number): AgentLabError =>
  new AgentLabError(`supervisor failed on writing: its epoch ${mine} was superseded by ${current}`, {
    code: 'superseded',
    cure: 'Nothing to do: another supervisor has taken over.',
  })

/** Random id for rows that need no meaning: 16 lower-case hex digits. */
export const newRowId = (): string => randomBytes(8).toString('hex')
