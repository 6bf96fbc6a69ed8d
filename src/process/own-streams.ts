/**
 * The standard streams of this process, for a command that the operator runs in a box. Files and pipes are handed over as
 * they are. A terminal is not: whoever holds it reads what is typed into it, also when this process was put into the
 * background. The command gets one of its own; where that can't be had, its bytes are carried to and fro through pipes.
 */
import { closeSync, fstatSync } from 'node:fs'
import { isatty } from 'node:tty'
import { AgentLabError, exitCode } from '../domain/errors.ts'
import { openTerminal } from './own-terminal.ts'
import type { StandardStreams } from './standard-streams.ts'

const names = ['standard input', 'standard output', 'standard error'] as const

/** @throws AgentLabError `launch-file` (exit 2) for a stream that would open a folder or a disk to the command */
export const openOwnStreams = async (): Promise<StandardStreams> => {
  const kinds = names.map((name, fd): 'terminal' | 'inherit' => (isatty(fd) ? 'terminal' : handedOver(fd, name)))
  const terminal = await openTerminal()
  const stdio = kinds.map(kind => (kind === 'inherit' ? kind : (terminal?.descriptor ?? 'pipe')))
  let isHeld = terminal !== null
  const letGo = (): void => {
    if (isHeld) closeSync(terminal!.descriptor)
    isHeld = false
  }
  return {
    stdio,
    words: terminal?.words ?? [],
    attach: child => {
      letGo()
      child.stdout?.pipe(process.stdout, { end: false })
      child.stderr?.pipe(process.stderr, { end: false })
      // It may leave what is typed unread.
      child.stdin?.on('error', () => {})
      if (child.stdin) process.stdin.pipe(child.stdin)
    },
    enforce: () => {},
    dropped: () => ({ stdout: 0, stderr: 0 }),
    complaint: () => 'the box ended before the command began; its own words are above',
    close: async () => {
      letGo()
      if (stdio[0] === 'pipe') process.stdin.unpipe().pause()
      await terminal?.close()
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
