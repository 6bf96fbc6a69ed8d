/** What launch needs to know of a process's standard streams, whether they are files or this process's own. */
import type { ChildProcess, StdioOptions } from 'node:child_process'

export interface DroppedBytes {
  stdout: number
  stderr: number
}

export interface StandardStreams {
  /** For the process, in the order of its standard streams. */
  stdio: Exclude<StdioOptions, string>
  /** What has to stand before the command. */
  words: string[]
  /** Called once it runs. */
  attach(child: ChildProcess): void
  /** Empties a file that outgrew the bound. Call it every now and then. */
  enforce(boundBytes: number): void
  /** Bytes removed so far. */
  dropped(): DroppedBytes
  /** In one line, what the containment said on standard error when it could not be built. */
  complaint(): string
  /** Resolves once all that was printed is where it belongs. */
  close(): void | Promise<void>
}
