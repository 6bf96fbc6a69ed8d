/**
 * A terminal of a command's own in its box, with job control and Ctrl-C, and socat between it and the operator's: nothing
 * inside ever holds the operator's terminal, from which it could read what is typed after it was put into the background.
 */
import { type ChildProcess, spawn } from 'node:child_process'
import { constants, existsSync, openSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { isatty } from 'node:tty'
import { hostFacts, systemPath } from './host-facts.ts'
import { makeOwnedTemp } from './owned-temp.ts'
import { findProgram } from './programs.ts'
import { run } from './run.ts'

export interface OwnTerminal {
  /** For the command's streams; to be closed once the command has it. */
  descriptor: number
  /** What stands before the command, so that the terminal controls it. */
  words: string[]
  /** Once the command has ended: all it printed is out, and the operator's terminal is as it was. */
  close(): Promise<void>
}

/** Null where standard input and output are no terminal, or where a part is missing: Linux, socat, setsid. */
export const openTerminal = async (): Promise<OwnTerminal | null> => {
  if (process.platform !== 'linux' || !isatty(0) || !isatty(1)) return null
  const { socat } = await hostFacts()
  const setsid = await findProgram('setsid', systemPath())
  const dir = await makeOwnedTemp('tty')
  const path = join(dir, 'tty')
  // socat reads commas and colons as its own.
  const isUsable = socat !== null && setsid !== null && /^[\w./-]+$/.test(path)
  const between = isUsable ? startBetween(socat, path) : null
  if (between === null || !(await stands(path, between))) {
    between?.kill()
    rmSync(dir, { recursive: true })
    return null
  }
  const resize = (): void => void sizeLikeOurs(path)
  await sizeLikeOurs(path)
  process.stdout.on('resize', resize)
  return {
    descriptor: openSync(path, constants.O_RDWR | constants.O_NOCTTY),
    words: [setsid!, '-c'],
    close: async () => {
      process.stdout.off('resize', resize)
      await ended(between)
      rmSync(dir, { recursive: true, force: true })
    },
  }
}

const startBetween = (socat: string, path: string): ChildProcess => {
  const ends = ['STDIO,raw,echo=0', `PTY,link=${path},mode=600,wait-slave`]
  const child = spawn(socat, ends, { stdio: ['inherit', 'inherit', 'ignore'], env: { PATH: systemPath() } })
  child.on('error', () => {})
  return child
}

const isOver = ({ exitCode, signalCode, pid }: ChildProcess): boolean =>
  exitCode !== null || signalCode !== null || pid === undefined

const stands = async (path: string, between: ChildProcess): Promise<boolean> => {
  while (!existsSync(path) && !isOver(between)) await delay(10)
  return !isOver(between)
}

const patienceMs = 2_000

/** It ends by itself when nobody holds the command's terminal any more, and gives the operator's back. */
const ended = async (between: ChildProcess): Promise<void> => {
  for (let waitedMs = 0; !isOver(between) && waitedMs < patienceMs; waitedMs += 10) await delay(10)
  between.kill()
  while (!isOver(between)) await delay(10)
}

const sizeLikeOurs = async (path: string): Promise<void> => {
  const { rows, columns } = process.stdout
  const size = ['rows', String(rows || 24), 'cols', String(columns || 80)]
  await run('stty', ['-F', path, ...size], { cwd: '/', env: { PATH: systemPath() }, timeoutMs: 5_000 })
}
