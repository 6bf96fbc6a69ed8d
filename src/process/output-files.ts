/** The files a launched process reads and writes: opened without following what a seat may have planted, and bounded. */
import { closeSync, constants, fstatSync, ftruncateSync, openSync, realpathSync } from 'node:fs'
import { dirname } from 'node:path'
import { AgentLabError } from '../domain/errors.ts'
import type { LaunchCommand } from '../domain/launch.ts'

const { O_RDONLY, O_WRONLY, O_APPEND, O_CREAT, O_NOFOLLOW, O_NONBLOCK } = constants

export interface DroppedBytes {
  stdout: number
  stderr: number
}

export interface StandardFiles {
  /** Descriptors for the process, in the order of its standard streams. */
  stdio: [number | 'ignore', number, number]
  /** Where standard error stood when the process started: what it says itself comes after. */
  stderrStart: number
  /** Empties a file that outgrew the bound. Call it every now and then. */
  enforce(boundBytes: number): void
  /** Bytes removed so far. */
  dropped(): DroppedBytes
  close(): void
}

/** Opens the three files of a command. @throws AgentLabError `launch-file` when one is a link, a pipe or out of reach */
export const openStandardFiles = (command: LaunchCommand): StandardFiles => {
  const opened: number[] = []
  const close = (): void => {
    for (const fd of opened.splice(0)) closeSync(fd)
  }
  const open = (path: string, flags: number): number => {
    const fd = openRegularFile(path, flags)
    opened.push(fd)
    return fd
  }
  try {
    const stdin = command.stdinPath === null ? 'ignore' : open(command.stdinPath, O_RDONLY)
    const stdout = open(command.stdoutPath, O_WRONLY | O_APPEND | O_CREAT)
    const stderr = open(command.stderrPath, O_WRONLY | O_APPEND | O_CREAT)
    const dropped = { stdout: 0, stderr: 0 }
    return {
      stdio: [stdin, stdout, stderr],
      stderrStart: fstatSync(stderr).size,
      enforce: bound => {
        dropped.stdout += emptied(stdout, bound)
        dropped.stderr += emptied(stderr, bound)
      },
      dropped: () => ({ ...dropped }),
      close,
    }
  } catch (error) {
    close()
    throw error
  }
}

// In append mode the writer goes on at the new end, so a file can be emptied under it.
const emptied = (fd: number, boundBytes: number): number => {
  const { size } = fstatSync(fd)
  if (size <= boundBytes) return 0
  ftruncateSync(fd, 0)
  return size
}

/** Opens a regular file at exactly this path: no link in it, no pipe that would block. Made with mode 0600 if asked. */
export const openRegularFile = (path: string, flags: number): number => {
  try {
    if (realpathSync(dirname(path)) !== dirname(path))
      throw new Error('its directory is reached through a symbolic link')
    const fd = openSync(path, flags | O_NOFOLLOW | O_NONBLOCK, 0o600)
    if (fstatSync(fd).isFile()) return fd
    closeSync(fd)
    throw new Error('it is not a regular file')
  } catch (error) {
    throw new AgentLabError(`launch failed on ${path}: ${(error as Error).message}`, {
      code: 'launch-file',
      cause: error,
    })
  }
}
