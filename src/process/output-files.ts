/** The files a launched process reads and writes: opened without following what a seat may have planted, and bounded. */
import { closeSync, constants, fstatSync, ftruncateSync } from 'node:fs'
import type { FileStreams } from '../domain/launch.ts'
import { openRegularFile } from './regular-file.ts'
import type { StandardStreams } from './standard-streams.ts'
import { wrapperComplaint } from './wrapper-complaint.ts'

const { O_RDONLY, O_WRONLY, O_APPEND, O_CREAT } = constants

/** Opens the three files of a command. @throws AgentLabError `launch-file` when one is a link, a pipe or out of reach */
export const openStandardFiles = (command: FileStreams): StandardStreams => {
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
    // What the process says itself comes after what stood there.
    const start = fstatSync(stderr).size
    return {
      stdio: [stdin, stdout, stderr],
      words: [],
      attach: () => {},
      enforce: bound => {
        dropped.stdout += emptied(stdout, bound)
        dropped.stderr += emptied(stderr, bound)
      },
      dropped: () => ({ ...dropped }),
      complaint: () => wrapperComplaint(command.stderrPath, start),
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
