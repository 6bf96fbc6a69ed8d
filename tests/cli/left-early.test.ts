/** Readers whose output nobody takes, or that have no input and no place to write: ended quietly, or told in a line. */
import { spawn } from 'node:child_process'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { openDatabase } from '../../src/store/database.ts'
import { createStore } from '../../src/store/store.ts'
import { commitFiles, shellGit } from '../support/git-repository.ts'
import { recording, recordRun } from '../support/recorded-run.ts'
import { runAtTerminal } from '../support/terminal.ts'
import { hasTmux, type Terminals, terminals } from '../support/tmux.ts'
import { agentlab, dataDirIn, main, makeWorld, type Outcome, type World } from './world.ts'

const runId = 'aaaaaaa1'
const megabyte = 1_048_576
const goal = 'Grüße 日本 🚀'
let world: World

beforeAll(() => {
  world = makeWorld()
  const base = shellGit(world.repository, ['rev-parse', 'HEAD'])
  const tip = commitFiles(world.repository, { 'long.txt': `${'x'.repeat(megabyte)}\n`, 'nä\u202eme\u0007.txt': 'a\n' })
  const transcripts = join(dataDirIn(world), 'transcripts', `${runId}-1`)
  mkdirSync(transcripts, { recursive: true })
  const said = { at: 1, type: 'text', text: 'a line of words\n'.repeat(20_000) }
  writeFileSync(join(transcripts, 'worker-claude-1.jsonl'), `${JSON.stringify(said)}\n`)
  const store = createStore(openDatabase(join(dataDirIn(world), 'store.db')))
  const tasks = [{ title: 'Do it', after: [], base, tip, findings: [] }]
  store.write(() => recordRun(store, recording({ runId, goal, tasks, filler: 3_000 })))
  store.close()
})

const readers: string[][] = [
  ['runs'],
  ['runs', '-f'],
  ['show', runId],
  ['logs', `${runId}-1`],
  ['logs', '-f', runId],
  ['diff', `${runId}-1`],
  ['receipt', runId],
  ['receipt', runId, '--html', '-'],
  ['cost'],
  ['events'],
  ['completion', 'bash'],
  ['status'],
  ['worktree'],
  ['gc', '--dry-run'],
  ['purge', '--older-than', '1d', '--dry-run'],
]

/** The reader of its output leaves at once, or after the first bytes. */
const leftEarly = (args: string[], afterFirst: boolean): Promise<Omit<Outcome, 'stdout'>> =>
  new Promise(done => {
    const env = { ...world.env, PATH: '/usr/bin:/bin' }
    const child = spawn(process.execPath, [main, ...args], { cwd: world.repository, env })
    let stderr = ''
    child.stderr.on('data', data => {
      stderr += data
    })
    if (afterFirst) child.stdout.once('data', () => child.stdout.destroy())
    else child.stdout.destroy()
    child.on('close', exit => done({ exit, stderr }))
  })

test('a reader that leaves at once, or after the first line, is no error', async () => {
  for (const args of readers) {
    // Only these print more than a pipe holds, so that leaving later makes a difference.
    for (const afterFirst of ['events', 'logs'].includes(args[0]!) ? [false, true] : [false]) {
      const { exit, stderr } = await leftEarly(args, afterFirst)
      expect(exit, `${args.join(' ')}: ${stderr}`).toBe(0)
      expect(stderr, args.join(' ')).not.toMatch(/EPIPE|bug|\n\s+at /)
    }
  }
})

/** With a standard stream redirected as a shell would. */
const redirected = (redirection: string, ...args: string[]): Promise<Outcome> =>
  agentlab(world, args, { through: ['/bin/sh', '-c', `exec "$0" "$@" ${redirection}`] })

test('an output that takes nothing more is told in a line', async () => {
  expect(await redirected('> /dev/full', 'events')).toMatchObject({
    exit: 1,
    stderr: 'error: agentlab failed on printing: ENOSPC\n',
  })
})

test('closed standard streams change nothing', async () => {
  expect(await redirected('<&-', 'runs')).toMatchObject({ exit: 0, stdout: expect.stringContaining(runId) })
  expect(await redirected('>&-', 'runs')).toMatchObject({ exit: 0, stdout: '' })
  expect(await redirected('2>&-', 'runs')).toMatchObject({ exit: 0, stdout: expect.stringContaining(runId) })
})

test('every reader gives one JSON document with --json', async () => {
  const single = readers.filter(([name, option]) => option !== '-f' && !['completion', 'events'].includes(name!))
  for (const args of single) {
    const env = { ...world.env, PATH: '/usr/bin:/bin' }
    const { stdout } = await agentlab({ ...world, env }, [...args, '--json'])
    expect(() => JSON.parse(stdout), args.join(' ')).not.toThrow()
  }
})

test('HOME and XDG_STATE_HOME that are missing or relative are as if they were not set', async () => {
  const { HOME: _, XDG_STATE_HOME: state, ...bare } = world.env
  const none = await agentlab({ ...world, env: { ...bare, XDG_STATE_HOME: state! } }, ['runs'])
  expect(none).toMatchObject({ exit: 0, stdout: expect.stringContaining(runId) })
  const relative = await agentlab({ ...world, env: { ...world.env, XDG_STATE_HOME: 'state' } }, ['runs'])
  expect(relative).toMatchObject({ exit: 0, stdout: '', stderr: expect.stringContaining('No runs yet') })
})

describe.each(['C', 'de_DE.ISO-8859-1'])('in the locale %s', locale => {
  const env = (): Record<string, string> => {
    const { LC_ALL: _, ...rest } = world.env
    return { ...rest, LANG: locale, TERM: 'xterm-256color' }
  }

  test('a pipe gets the goal as it is kept, and a terminal what it can show', async () => {
    const piped = await agentlab({ ...world, env: env() }, ['show', runId])
    expect(piped).toMatchObject({ exit: 0, stdout: expect.stringContaining(goal) })

    const show = `'${process.execPath}' '${main}' show ${runId}`
    const place = { scratch: world.scratch, cwd: world.repository, env: env() }
    const { exit, text } = await runAtTerminal({ ...place, command: `${show}; ${show} --json` })
    expect(exit).toBe(0)
    expect(text).toMatch(/^[\u0000-\u007f]*$/)
    expect(text).toContain(`run ${runId} - done`)
    expect(text).toContain('Grusse ???? ??')
    expect(text).toContain('"goal": "Gr\\u00fc\\u00dfe \\u65e5\\u672c \\ud83d\\ude80"')
  })
})

describe.skipIf(!hasTmux)('in a pager (skipped where there is no tmux)', () => {
  const diff = (pager: string): string =>
    `clear; GIT_PAGER='${pager}' '${process.execPath}' '${main}' diff ${runId}-1; echo "exit=$?"`
  let tmux: Terminals
  beforeAll(() => {
    tmux = terminals({ ...world.env, TERM: 'xterm-256color' }, world.scratch)
  })
  afterAll(() => tmux.closeAll())

  test('a long line is cut and the command named; Ctrl-C is the pager’s, and so is its end', async () => {
    const terminal = tmux.open(world.repository)
    terminal.type(diff('less -S'))
    await terminal.until(/diff --git a\/long\.txt/)
    terminal.press('C-c', 'C-c')
    terminal.press('G')
    await terminal.until(/\(END\)/)
    terminal.press('q')
    const shown = await terminal.until(/exit=\d+/)
    expect(shown).toContain(`Long lines were cut. All of it: agentlab diff ${runId}-1 > FILE`)
    expect(shown).toContain('exit=0')
    expect(terminal.modes()).toEqual({ alternate: false, cursor: true, mouse: false })
  })

  test('one that reads the first line only is no error', async () => {
    const terminal = tmux.open(world.repository)
    terminal.type(diff('head -n 1'))
    expect(await terminal.until(/exit=\d+/)).toMatch(/diff --git a\/long\.txt[\s\S]*exit=0/)
  })
})

test('a diff of a line of a megabyte goes whole into a pipe, and no name in it is obeyed', async () => {
  const { exit, stdout } = await agentlab(world, ['diff', `${runId}-1`])
  expect(exit).toBe(0)
  expect(stdout.length).toBeGreaterThan(megabyte)
  expect(stdout).not.toMatch(/[\u0007\u001b\u202e]/)
})
