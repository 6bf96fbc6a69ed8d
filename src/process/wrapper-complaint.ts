/** What bubblewrap, or what stands in the box before the command, said when the box could not be built. */
import { closeSync, constants, fstatSync, readSync } from 'node:fs'
import { cleanLine } from '../domain/text.ts'
import { openRegularFile } from './regular-file.ts'

/** The first line of theirs in a standard error file after `start`, without its name. */
export const wrapperComplaint = (path: string, start: number): string => {
  try {
    const fd = openRegularFile(path, constants.O_RDONLY)
    try {
      const text = Buffer.alloc(Math.min(Math.max(fstatSync(fd).size - start, 0), 4_096))
      readSync(fd, text, 0, text.length, start)
      const line = /^(?:bwrap|prlimit|gate|sandbox-exec): (.*)$/m.exec(text.toString('utf8'))?.[1]
      return cleanLine(line ?? 'the box ended before the command began', 400)
    } finally {
      closeSync(fd)
    }
  } catch {
    return 'the box ended before the command began'
  }
}
