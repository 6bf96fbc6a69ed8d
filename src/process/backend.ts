/** What a containment must offer for launch.ts to run a process in it: how to start, to signal, to end, and to be sure. */
import type { ChildProcess } from 'node:child_process'
import type { LaunchCommand, LaunchPolicy } from '../domain/launch.ts'
import type { ProcessRow } from './process-table.ts'

/** How a command is started, and what holds it once it runs. */
export interface Prepared {
  file: string
  args: string[]
  cwd: string
  /** Added to the command's environment. */
  env: Record<string, string>
  /** How many pipes the wrapper has from descriptor 3 on; `attach` reads and writes our ends. */
  pipes: number
  /** Called once, right after the start. */
  attach(child: ChildProcess, pid: number): Contained
}

export interface Contained {
  /** Sends a signal to the command itself; nothing happens when it is gone. */
  signal(name: 'SIGINT' | 'SIGTERM'): Promise<void>
  /** SIGINT to the command's process group, as a terminal sends it; waits for a command that is just being started. */
  interrupt(): Promise<void>
  /** Ends the command and all that came of it, at once. */
  kill(): void
  /** Called about every second while it runs, with all processes of the machine; gives those of the command. */
  watch(table: ProcessRow[]): ProcessRow[]
  /** Called after the command's end; resolves when nothing of it is alive, with the pids of what would not die. */
  settle(): Promise<number[]>
  /** Whether the command was ever executed; called after `settle`. */
  hasRun(): boolean
}

export type Backend = (policy: LaunchPolicy, command: LaunchCommand) => Promise<Prepared>
