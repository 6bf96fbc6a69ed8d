/** The supervisor's log: one line per event, with its time. */
import { appendFileSync } from 'node:fs'

export const supervisorLogLine = (line: string): string => `${new Date().toISOString()} ${line}\n`

/** Appends to the log file at `path`, for a supervisor whose standard output is not that file. */
export const supervisorLog =
  (path: string) =>
  (line: string): void =>
    appendFileSync(path, supervisorLogLine(line), { mode: 0o600 })
