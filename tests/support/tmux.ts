/** Real terminals for tests: windows of a tmux server of its own, typed into and read as a person would. */
import { execFileSync, spawnSync } from 'node:child_process'
import { setTimeout as sleep } from 'node:timers/promises'

export const hasTmux = spawnSync('tmux', ['-V']).status === 0

export interface Terminal {
  /** What it shows. */
  screen(): string
  /** Waits until it shows `wanted`, and gives the screen. @throws Error with the screen after half a minute */
  until(wanted: RegExp): Promise<string>
  /** Types a line. */
  type(line: string): void
  /** Presses keys by tmux's names: `C-c`, `q`. */
  press(...keys: string[]): void
  /** An alternate screen, a visible cursor, a mouse that is listened to: `{ alternate: false, cursor: true, mouse: false }` is a terminal given back. */
  modes(): { alternate: boolean; cursor: boolean; mouse: boolean }
  /** Closes the window, as a person closes a terminal. */
  close(): void
}

export interface Terminals {
  open(cwd: string): Terminal
  closeAll(): void
}

/** `env` is the whole environment of the shells (sh, with job control and the prompt `$ `). */
export const terminals = (env: Record<string, string>, cwd: string): Terminals => {
  const server = `agentlab-test-${process.pid}-${Math.random().toString(36).slice(2, 8)}`
  const tmux = (...args: string[]): string =>
    execFileSync('tmux', ['-u', '-L', server, '-f', '/dev/null', ...args], { env, cwd, encoding: 'utf8' })
  let count = 0
  return {
    open: directory => {
      const name = `w${++count}`
      tmux('new-session', '-d', '-x', '100', '-y', '24', '-c', directory, '-s', name, 'env PS1="$ " sh')
      return terminal(tmux, name)
    },
    closeAll: () => void spawnSync('tmux', ['-L', server, 'kill-server'], { env }),
  }
}

const patienceMs = 30_000

const terminal = (tmux: (...args: string[]) => string, name: string): Terminal => {
  const screen = (): string => tmux('capture-pane', '-p', '-t', name)
  return {
    screen,
    until: async wanted => {
      for (const since = Date.now(); ; ) {
        const shown = screen()
        if (wanted.test(shown)) return shown
        if (Date.now() - since > patienceMs)
          throw new Error(`waited in vain for ${wanted}; the terminal showed:\n${shown}`)
        await sleep(50)
      }
    },
    type: line => void tmux('send-keys', '-t', name, line, 'Enter'),
    press: (...keys) => void tmux('send-keys', '-t', name, ...keys),
    modes: () => {
      const format = '#{alternate_on} #{cursor_flag} #{mouse_any_flag}'
      const [alternate, cursor, mouse] = tmux('display-message', '-p', '-t', name, format).trim().split(' ')
      return { alternate: alternate === '1', cursor: cursor === '1', mouse: mouse === '1' }
    },
    close: () => void tmux('kill-session', '-t', name),
  }
}
