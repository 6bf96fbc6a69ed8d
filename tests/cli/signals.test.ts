/** What a terminal can do to a command that follows a run: Ctrl-C, Ctrl-Z, signals, being closed. Needs tmux. */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { dataDirOf } from '../../src/config/data-dir.ts'
import { openDatabase } from '../../src/store/database.ts'
import { isLockHeld, lockHolder } from '../../src/store/lock.ts'
import { type FakeProject, makeFakeProject } from '../support/fake-crew.ts'
import { makeScratch, removeScratch } from '../support/git-repository.ts'
import { processesBelow } from '../support/seat-processes.ts'
import { hasTmux, type Terminal, terminals } from '../support/tmux.ts'

const main = resolve('src/cli/main.ts')
const scratch = makeScratch('signals')
let project: FakeProject
let dataDir: string
let tmux: ReturnType<typeof terminals>
let terminal: Terminal
/** A run that stays with its worker, whose model never answers. */
let runId: string

const until = async (what: string, look: () => boolean): Promise<void> => {
  for (const since = Date.now(); !look(); ) {
    if (Date.now() - since > 30_000) throw new Error(`waited in vain for: ${what}`)
    await new Promise(done => setTimeout(done, 20))
  }
}

const pidFile = join(scratch, 'pid')
/** A line that runs the command, keeps its process id, and says its exit code. */
const line = (args: string): string =>
  `clear; sh -c 'echo $$ > ${pidFile}; exec "${process.execPath}" "${main}" ${args}'; echo "exit=$?"`
const pid = (): number => Number(readFileSync(pidFile, 'utf8'))
const isAlive = (id: number): boolean => existsSync(`/proc/${id}`)

const start = async (args: string, shows: RegExp): Promise<void> => {
  terminal.type(line(args))
  await terminal.until(shows)
}

const stateOf = (id: string): string => {
  const db = openDatabase(join(dataDir, 'store.db'), { readonly: true })
  try {
    return db.prepare('SELECT state FROM machines WHERE id = ?').pluck().get(id) as string
  } finally {
    db.close()
  }
}

/** The terminal is as it was: no alternate screen, the cursor visible, lines edited and echoed. */
const isGivenBack = async (): Promise<void> => {
  expect(terminal.modes()).toEqual({ alternate: false, cursor: true, mouse: false })
  terminal.type('clear; stty -a | grep -o " icanon\\| echo "')
  await terminal.until(/icanon\s+echo/)
}

/** The run goes on under its supervisor, whatever became of those who watched. */
const goesOn = (): void => {
  expect(stateOf(runId)).toBe('working')
  expect(isLockHeld(join(dataDir, 'supervisor.lock'))).toBe(true)
}

const taskArgs = (): string =>
  `task --plan ${join(scratch, 'plan.yaml')} --rehearse ${join(scratch, 'hang.yaml')} --same-vendor`

beforeAll(async () => {
  if (!hasTmux) return
  project = makeFakeProject(scratch)
  dataDir = dataDirOf({ commonGitDir: join(project.root, '.git'), env: project.env })
  writeFileSync(join(scratch, 'plan.yaml'), 'tasks: [{ key: one, title: Add a file, what: Add the file one.txt }]\n')
  writeFileSync(
    join(scratch, 'hang.yaml'),
    'goal: Nothing.\ntasks: {}\ndefaults: { worker: { steps: [{ hang: true }] } }\n',
  )
  mkdirSync(join(scratch, 'tmp'))
  tmux = terminals({ ...project.env, TERM: 'xterm-256color' }, scratch)
  tmux.open(scratch)
  terminal = tmux.open(project.root)
  await start(`${taskArgs()} --detach`, /exit=0/)
  runId = /^([a-z0-9]{8})$/m.exec(terminal.screen())![1]!
  await until('the worker at work', () => processesBelow(dataDir).length > 0)
})
afterAll(async () => {
  tmux?.closeAll()
  if (dataDir !== undefined && existsSync(join(dataDir, 'supervisor.lock'))) {
    if (isLockHeld(join(dataDir, 'supervisor.lock'))) process.kill(lockHolder(join(dataDir, 'supervisor.lock'))!.pid)
    await until('the end of the supervisor', () => !isLockHeld(join(dataDir, 'supervisor.lock')))
  }
  removeScratch(scratch)
})

describe.skipIf(!hasTmux)('at a terminal (skipped where there is no tmux)', () => {
  beforeEach(() => {
    terminal = tmux.open(project.root)
  })
  afterEach(() => terminal.close())

  const watching = (): RegExp => new RegExp(`run ${runId} · working`)

  test('one that watches ends with Ctrl-C and says how to come back', async () => {
    await start(`resume ${runId}`, watching())
    terminal.press('C-c')
    const shown = await terminal.until(/exit=130/)
    expect(shown).toContain(`Run ${runId} goes on in the background. Watch it: agentlab runs -f`)
    await isGivenBack()
    goesOn()
  })

  test.each(['SIGTERM', 'SIGHUP'] as const)('%s ends the watching in order', async signal => {
    await start(`resume ${runId}`, watching())
    process.kill(pid(), signal)
    await terminal.until(/goes on in the background[\s\S]*exit=130/)
    goesOn()
  })

  test('Ctrl-Z stops the watching, fg draws it anew below, and the run goes on', async () => {
    await start(`resume ${runId}`, watching())
    terminal.press('C-z')
    await terminal.until(/Stopped|suspended/i)
    goesOn()
    terminal.type('clear; fg')
    await terminal.until(new RegExp(`^run ${runId} · working`, 'm'))
    terminal.press('C-c')
    await terminal.until(/goes on in the background/)
    await isGivenBack()
  })

  test('a terminal that is closed takes what watched with it, and nothing else', async () => {
    for (const args of [`resume ${runId}`, 'runs -f', `logs -f ${runId}`, 'events -f']) {
      terminal = tmux.open(project.root)
      await start(args, args === 'runs -f' ? /q leave/ : /run\.requested|working|attempt 1/)
      const watcher = pid()
      terminal.close()
      await until(`the end of ${args}`, () => !isAlive(watcher))
      goesOn()
    }
    terminal = tmux.open(project.root)
  })

  test.each(['SIGTERM', 'SIGHUP'] as const)('%s ends the screen of runs and gives the terminal back', async signal => {
    await start('runs -f', /q leave/)
    expect(terminal.modes()).toMatchObject({ alternate: true, cursor: false })
    process.kill(pid(), signal)
    await terminal.until(/exit=130/)
    await isGivenBack()
  })

  test('the screen of runs gives the terminal back while it is stopped, and takes it again', async () => {
    await start('runs -f', /q leave/)
    terminal.press('C-z')
    await terminal.until(/Stopped|suspended/i)
    await isGivenBack()
    terminal.type('fg')
    await terminal.until(/q leave/)
    expect(terminal.modes()).toMatchObject({ alternate: true, cursor: false })
    process.kill(pid(), 'SIGTSTP')
    await terminal.until(/Stopped|suspended/i)
    terminal.type('fg')
    await terminal.until(/q leave/)
    expect(terminal.modes()).toMatchObject({ alternate: true, cursor: false })
    terminal.press('C-c')
    await until('the end of the screen', () => !isAlive(pid()))
    await isGivenBack()
  })

  test('those that follow logs and events end with Ctrl-C', async () => {
    await start(`logs -f ${runId}`, /attempt 1/)
    terminal.press('C-c')
    await terminal.until(/exit=130/)
    await start('events -f', /run\.requested/)
    terminal.press('C-c')
    await terminal.until(/exit=130/)
  })

  test('Ctrl-C in the foreground interrupts the run once and for all the second time, which leaves nothing alive', async () => {
    const supervisor = lockHolder(join(dataDir, 'supervisor.lock'))!.pid
    process.kill(supervisor, 'SIGTERM')
    await until('the end of the supervisor', () => !isLockHeld(join(dataDir, 'supervisor.lock')))
    await start(`${taskArgs()} --foreground`, /run \w{8} · working/)
    await until('the worker at work', () => processesBelow(dataDir).length > 0)
    terminal.press('C-c', 'C-c')
    await terminal.until(/exit=130/)
    expect(isAlive(pid())).toBe(false)
    await isGivenBack()
    await until('the end of all processes', () => processesBelow(dataDir).length === 0)
    expect(isLockHeld(join(dataDir, 'supervisor.lock'))).toBe(false)
  })
})
