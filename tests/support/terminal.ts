/** Runs a program at a terminal of its own, as a person would, and outside this process's family. Linux: script(1). */
import { execFileSync } from 'node:child_process'
import { appendFileSync, existsSync, mkdtempSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'

export interface TerminalRun {
  exit: number
  /** What the terminal showed, without carriage returns. */
  text: string
}

// `setsid --fork` lets the program be adopted by init: no process of ours, or of whoever started us, is its ancestor.
const program = `
echo $$ > "$ANSWERS/pid"
SHELL=/bin/sh script -qefc "$COMMAND" /dev/null <> "$ANSWERS/in" > "$ANSWERS/out"
echo $? > "$ANSWERS/exit.new"
mv "$ANSWERS/exit.new" "$ANSWERS/exit"
`

const patienceMs = 40_000

/**
 * `command` is for a POSIX shell at the terminal. `answer` is typed once `prompt` is on the screen. The environment is
 * exactly `env`. @throws Error with what was on the screen when it does not end
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
  const at = (name: string): string => join(answers, name)
  execFileSync('mkfifo', [at('in')])
  const shown = (): string => (existsSync(at('out')) ? readFileSync(at('out'), 'utf8').replaceAll('\r', '') : '')
  execFileSync('setsid', ['--fork', 'sh', '-c', program], {
    cwd: options.cwd,
    env: { ...options.env, COMMAND: options.command, ANSWERS: answers },
    stdio: 'ignore',
  })
  const since = Date.now()
  let typed = options.prompt === undefined
  while (!existsSync(at('exit'))) {
    if (!typed && shown().includes(options.prompt!)) {
      typed = true
      appendFileSync(at('in'), `${options.answer ?? ''}\r`)
    }
    if (Date.now() - since > patienceMs) {
      process.kill(-Number(readFileSync(at('pid'), 'utf8')), 'SIGKILL')
      throw new Error(`the program at the terminal did not end; it showed:\n${shown()}`)
    }
    await sleep(50)
  }
  return { exit: Number(readFileSync(at('exit'), 'utf8')), text: shown() }
}
