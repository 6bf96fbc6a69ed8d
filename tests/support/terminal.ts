/** Runs a program at a terminal of its own, as a person would, and outside this process's family. Linux: script(1). */
import { spawn } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'

export interface TerminalRun {
  exit: number
  /** What the terminal showed, without carriage returns. */
  text: string
}

// `setsid --fork` lets the program be adopted by init: no process of ours, or of whoever started us, is its ancestor.
const program = `SHELL=/bin/sh script -qefc "$COMMAND" /dev/null > "$ANSWERS/out"; echo $? > "$ANSWERS/exit.new"; mv "$ANSWERS/exit.new" "$ANSWERS/exit"`

/**
 * `command` is for a POSIX shell at the terminal. `answer` is typed once `prompt` is on the screen. The environment is
 * exactly `env`.
 */
export const runAtTerminal = async (options: {
  scratch: string
  cwd: string
  command: string
  env: Record<string, string>
  prompt?: string
  answer?: string
}): Promise<TerminalRun> => {
  const answers = mkdtempSync(join(options.scratch, 'terminal-'))
  const child = spawn('setsid', ['--fork', 'sh', '-c', program], {
    cwd: options.cwd,
    env: { ...options.env, COMMAND: options.command, ANSWERS: answers },
    stdio: ['pipe', 'ignore', 'ignore'],
  })
  child.stdin.on('error', () => undefined)
  const shown = (): string => {
    const path = join(answers, 'out')
    return existsSync(path) ? readFileSync(path, 'utf8').replaceAll('\r', '') : ''
  }
  let typed = options.prompt === undefined
  while (!existsSync(join(answers, 'exit'))) {
    if (!typed && shown().includes(options.prompt!)) {
      typed = true
      child.stdin.write(`${options.answer ?? ''}\n`)
    }
    await sleep(50)
  }
  child.stdin.destroy()
  return { exit: Number(readFileSync(join(answers, 'exit'), 'utf8')), text: shown() }
}
