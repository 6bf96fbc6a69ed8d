/**
 * The standard streams of this process, for a command that the operator runs in a box. Files and pipes are handed over as
 * they are. A terminal is not: whoever holds it reads what is typed into it, also when this process was put into the
 * background; its bytes are carried to and fro instead, so its user's hand on this process holds the command back as well.
 */
import { fstatSync } from 'node:fs'
import { isatty } from 'node:tty'
import { AgentLabError, exitCode } from '../domain/errors.ts'
import type { StandardStreams } from './standard-streams.ts'

const names = ['standard input', 'standard output', 'standard error'] as const

/** @throws AgentLabError `launch-file` (exit 2) for a stream that would open a folder or a disk to the command */
export const openOwnStreams = (): StandardStreams => {
  const stdio = names.map((name, fd): 'inherit' | 'pipe' => (isatty(fd) ? 'pipe' : handedOver(fd, name)))
  return {
    stdio,
    attach: child => {
      child.stdout?.pipe(process.stdout, { end: false })
      child.stderr?.pipe(process.stderr, { end: false })
      // It may leave what is typed unread.
      child.stdin?.on('error', () => {})
      if (child.stdin) process.stdin.pipe(child.stdin)
    },
    enforce: () => {},
    dropped: () => ({ stdout: 0, stderr: 0 }),
    complaint: () => 'the box ended before the command began; its own words are above',
    close: () => {
      if (stdio[0] === 'pipe') process.stdin.unpipe().pause()
    },
  }
}

const handedOver = (fd: number, name: string): 'inherit' => {
  const stats = fstatSync(fd)
  if (stats.isFile() || stats.isFIFO() || stats.isSocket() || stats.isCharacterDevice()) return 'inherit'
  throw new AgentLabError(`launch failed on ${name}: it is a ${stats.isDirectory() ? 'folder' : 'disk'}`, {
    code: 'launch-file',
    cure: 'Give it a file, a pipe or a terminal.',
    exit: exitCode.wrongUse,
  })
}
