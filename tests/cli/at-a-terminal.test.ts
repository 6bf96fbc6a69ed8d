/** The program at a real terminal: the screen of runs, the questions of init, and Ctrl-C. Needs tmux. */
import { execFileSync, spawnSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { compiled } from '../support/compiled.ts'
import { makeRepository, makeScratch, removeScratch } from '../support/git-repository.ts'

const hasTmux = spawnSync('tmux', ['-V']).status === 0
const main = resolve('src/cli/main.ts')
const scratch = makeScratch('terminal')
const server = `agentlab-test-${process.pid}`
const home = join(scratch, 'home')
const env = {
  PATH: `${resolve('node_modules/.bin')}:/usr/bin:/bin`,
  HOME: home,
  XDG_STATE_HOME: join(scratch, 'state'),
  LC_ALL: 'C.UTF-8',
  TERM: 'xterm-256color',
  ...compiled,
}
let repository = ''

const tmux = (...args: string[]): string =>
  execFileSync('tmux', ['-L', server, ...args], { env, cwd: scratch, encoding: 'utf8' })
const screen = (): string => tmux('capture-pane', '-p')

/** Types a command line and gives the screen once it shows `wanted`. */
const until = async (wanted: RegExp): Promise<string> => {
  for (;;) {
    const shown = screen()
    if (wanted.test(shown)) return shown
    await sleep(100)
  }
}

const type = (line: string): string => tmux('send-keys', line, 'Enter')
const agentlab = (args: string): string => `'${process.execPath}' '${main}' ${args}; echo "exit=$?"`

beforeAll(() => {
  repository = makeRepository(scratch)
  if (hasTmux) tmux('-u', 'new-session', '-d', '-x', '100', '-y', '24', '-c', repository, 'env PS1="$ " sh')
})
afterAll(() => {
  if (hasTmux) tmux('kill-server')
  removeScratch(scratch)
})

describe.skipIf(!hasTmux)('at a terminal (skipped where there is no tmux)', () => {
  test('init asks few questions and takes an empty answer for the default', async () => {
    type(agentlab('init'))
    await until(/Prefix of AgentLab/)
    tmux('send-keys', 'Enter')
    await until(/Which providers may see this code/)
    type('public')
    await until(/"public" is not one of the choices/)
    type('enterprise')
    await until(/exit=0/)
    expect(readFileSync(join(repository, 'agentlab.yaml'), 'utf8')).toContain('\nlane: enterprise\n')
  })

  test('runs -f shows an empty list, takes q, and gives the terminal back', async () => {
    type(`clear; ${agentlab('runs -f')}`)
    const shown = await until(/q leave/)
    expect(shown).toContain('No runs yet. Start one with: agentlab task')
    tmux('send-keys', 'q')
    await until(/exit=0/)
    expect(tmux('display-message', '-p', '#{alternate_on} #{cursor_flag} #{mouse_any_flag}').trim()).toBe('0 1 0')
    type('clear; stty -a | grep -o " icanon\\| echo "')
    await until(/icanon\s+echo/)
  })

  test('Ctrl-C ends the watching of a task with 130, and the run goes on to its end', async () => {
    type(`clear; ${agentlab('task --rehearse hello "Say hello"')}`)
    await until(/run \w{8} · (?:preparing|planning|working)/)
    tmux('send-keys', 'C-c')
    const shown = await until(/exit=\d+/)
    expect(shown).toContain('exit=130')
    expect(shown).toMatch(/goes on in the background/)
    type(`clear; ${agentlab('runs -f')}`)
    await until(/\w{8} done +1\/1/)
    tmux('send-keys', 'q')
    await until(/exit=0/)
    expect(existsSync(join(scratch, 'state', 'agentlab'))).toBe(true)
  })
})
