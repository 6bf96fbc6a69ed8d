/** Every command that takes a run or a task, called with ids that can't be meant: what is said, and that nothing changes. */
import { mkdirSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import type { Command } from 'commander'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { openProject, superviseProject } from '../../src/app.ts'
import type { Call } from '../../src/cli/call.ts'
import { buildProgram } from '../../src/cli/program.ts'
import { openDatabase } from '../../src/store/database.ts'
import { createStore } from '../../src/store/store.ts'
import { callWith, type Spoken } from '../support/call.ts'
import { shellGit } from '../support/git-repository.ts'
import { recording, recordRun } from '../support/recorded-run.ts'
import { agentlab, dataDirIn, makeWorld, type World } from './world.ts'

// A terminal obeys these; no error may hold one.
const obeyed = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u00ad\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff]/u

/** Arguments that are no id, and a value that is all right. Others must be named `run`, `task` or `id`. */
const otherArguments: Record<string, string> = {
  goal: 'Say hello',
  shell: 'bash',
  command: 'show',
  text: 'Both of them.',
  why: 'It is wrong.',
  question: 'Where is it?',
  message: 'Leave the importer alone.',
  file: 'run.agentlab',
}

type Takes = 'run' | 'task' | 'id'
const isId = (name: string): name is Takes => ['run', 'task', 'id'].includes(name)

interface IdCommand {
  path: string[]
  takes: Takes
  /** The other arguments it must have. */
  rest: string[]
}

const allCommands = (program: Command): Command[] =>
  program.commands.flatMap(command => [command, ...allCommands(command)])

const pathOf = (command: Command): string[] =>
  command.parent === null ? [] : [...pathOf(command.parent), command.name()]

const idCommands: IdCommand[] = allCommands(buildProgram('0', async () => undefined)).flatMap(command => {
  const names = command.registeredArguments.map(argument => argument.name())
  const takes = names.find(isId)
  if (takes === undefined) return []
  const others = command.registeredArguments.filter(argument => argument.required && !isId(argument.name()))
  return [{ path: pathOf(command), takes, rest: others.map(argument => otherArguments[argument.name()] ?? '') }]
})

/** What each command does with a run that has ended: shows it, refuses and says why, or is made for it and has tests of its own. */
const onEnded: Record<string, 'shows' | 'refuses' | 'acts'> = {
  show: 'shows',
  logs: 'shows',
  diff: 'shows',
  receipt: 'shows',
  cancel: 'refuses',
  resume: 'refuses',
  // What is planned waits: after the end there is nothing to approve, to answer or to edit.
  approve: 'refuses',
  answer: 'refuses',
  'edit-plan': 'refuses',
  steer: 'refuses',
  reject: 'acts',
  export: 'acts',
  review: 'acts',
  open: 'acts',
}

let world: World
const task = { title: 'Do it', after: [], base: '', tip: '', findings: [] }

beforeAll(() => {
  world = makeWorld()
  const head = shellGit(world.repository, ['rev-parse', 'HEAD'])
  mkdirSync(dataDirIn(world), { recursive: true })
  const store = createStore(openDatabase(join(dataDirIn(world), 'store.db')))
  const tasks = [{ ...task, base: head, tip: head }]
  store.write(() => {
    recordRun(store, recording({ runId: 'aaaaaaa1', tasks }))
    recordRun(store, recording({ runId: 'aaaaaab2', state: 'cancelled', tasks }))
    recordRun(store, recording({ runId: 'ccccccc3', state: 'failed', tasks }))
  })
  store.close()
})

/** Everything a command could have changed. */
const kept = (): unknown => {
  const db = openDatabase(join(dataDirIn(world), 'store.db'), { readonly: true })
  try {
    const rows = ['events', 'machines', 'commands', 'outbox', 'content', 'timers'].map(table =>
      db.prepare(`SELECT * FROM ${table}`).all(),
    )
    return { rows, files: readdirSync(dataDirIn(world)).filter(name => !name.startsWith('store.db')) }
  } finally {
    db.close()
  }
}

/** Carries out one command line in this process; the error, if there is one, and what was printed on the way. */
const call = async (args: string[], over: Partial<Call> = {}): Promise<{ error: unknown; spoken: Spoken }> => {
  const made = callWith({ cwd: world.repository, env: world.env, ...over })
  const program = buildProgram('0', async work => {
    const answer = await work(made.call)
    made.spoken.stdout += answer.text
  })
  for (const command of [program, ...allCommands(program)])
    command.exitOverride().configureOutput({ writeErr: () => undefined })
  const error = await program.parseAsync(['node', 'agentlab', ...args]).then(
    () => null,
    (reason: unknown) => reason,
  )
  return { error, spoken: made.spoken }
}

const long = 'a'.repeat(10_000)
/** For commands that change something as well, which open the whole project first. */
const wrongForAll: [string, string, RegExp, Takes[]?][] = [
  ['unknown', 'zzz', /no such run/],
  ['ambiguous', 'aaaaaa', /2 runs begin with it/],
  ['empty', '', /no such run/],
  ['full of control characters', '\u001b[2J\u009b31m\u202e\u0007a', /no such run/],
  ['a task there is not', 'aaaaaaa1-99', /no such task|takes a run/],
  ['a task where a run is meant', 'aaaaaaa1-1', /takes a run, not a task/, ['run']],
]
const wrong: typeof wrongForAll = [
  ...wrongForAll,
  ['blank', '  ', /no such run/],
  ['a path', '../x', /no such run/],
  ['a path with a number', '../x-1', /no such run/],
  ['an absolute path', '/etc/passwd', /no such run/],
  ['10,000 characters', long, /no such run/],
  ['control characters and a number', '\u001b]0;x\u0007\u009b-1', /no such run/],
  ['of another repository', 'bbbbbbb9', /no such run/],
  ['a task of no run', 'zzz-1', /no such run|takes a run/],
  ['a task of number 0', 'aaaaaaa1-0', /no such task|takes a run/],
  ['two numbers', 'aaaaaaa1-1-1', /no such task|no such run/],
  ['a number that is none', 'aaaaaaa1-x', /no such task|no such run/],
]

test('every argument of every command is an id or is known to be none', () => {
  const names = allCommands(buildProgram('0', async () => undefined)).flatMap(command =>
    command.registeredArguments.map(argument => argument.name()),
  )
  expect(names.filter(name => !isId(name) && otherArguments[name] === undefined)).toEqual([])
})

describe.each(idCommands)('$path', ({ path, takes, rest }) => {
  test('says of an id that can not be meant what is wrong with it, and does nothing', async () => {
    const before = kept()
    for (const [label, typed, says, only] of onEnded[path.join(' ')] === 'shows' ? wrong : wrongForAll) {
      if (only !== undefined && !only.includes(takes)) continue
      const { error, spoken } = await call([...path, typed, ...rest])
      expect(error, label).toMatchObject({
        name: 'AgentLabError',
        exit: 2,
        code: expect.stringMatching(/^(?:unknown|ambiguous)-id$/),
        message: expect.stringMatching(says),
        cure: expect.stringContaining('aaaaaaa1'),
      })
      const { message, cure } = error as { message: string; cure: string }
      expect(message, label).toMatch(/^\w+ failed on ".*": /)
      expect(`${message}${cure}`, label).not.toMatch(obeyed)
      expect(message.length, label).toBeLessThan(200)
      expect(spoken, label).toEqual({ stdout: '', stderr: '' })
    }
    expect(kept()).toEqual(before)
  })

  test('takes no option for an id', async () => {
    const { error } = await call([...path, '-x', ...rest])
    expect(error).toMatchObject({ code: 'commander.unknownOption' })
  })

  test('says how to begin where there is no run at all', async () => {
    const empty = makeWorld()
    const { error } = await call([...path, 'aaaaaaa1', ...rest], { cwd: empty.repository, env: empty.env })
    expect(error).toMatchObject({ code: 'unknown-id', exit: 2, cure: expect.stringContaining('agentlab task') })
    expect(readdirSync(empty.scratch)).not.toContain('state')
  })
})

describe('on a run that has ended', () => {
  const stop = new AbortController()
  let served: Promise<boolean>

  beforeAll(async () => {
    const project = await openProject({ cwd: world.repository, env: world.env })
    served = superviseProject(project, { idleMs: null, log: () => undefined, signal: stop.signal }).finally(() =>
      project.close(),
    )
  })
  afterAll(async () => {
    stop.abort()
    await served
  })

  test('of every command it is known what it does with it', () => {
    expect(idCommands.map(({ path }) => path.join(' ')).filter(name => onEnded[name] === undefined)).toEqual([])
  })

  test.each(idCommands.filter(({ path }) => onEnded[path.join(' ')] !== 'acts'))(
    '$path',
    async ({ path, takes, rest }) => {
      const before = kept() as { rows: unknown[][] }
      const does = onEnded[path.join(' ')]
      for (const runId of ['aaaaaaa1', 'aaaaaab2', 'ccccccc3']) {
        const id = takes === 'run' ? runId : `${runId}-1`
        const { error, spoken } = await call([...path, id, ...rest])
        if (does === 'shows') {
          expect(error).toBeNull()
          continue
        }
        expect(error).toMatchObject({
          name: 'AgentLabError',
          message: expect.stringContaining(id),
          cure: expect.stringMatching(/./),
        })
        expect(spoken.stdout).toBe('')
      }
      const after = kept() as { rows: unknown[][] }
      const [events, machines] = [after.rows[0], after.rows[1]]
      expect([events, machines]).toEqual([before.rows[0], before.rows[1]])
    },
  )

  test('a diff whose commits git has lost says so and names what is left', async () => {
    const { error } = await call(['diff', 'aaaaaaa1'])
    expect(error).toMatchObject({
      code: 'work-gone',
      message: 'diff failed on aaaaaaa1: git has no commit 0000000000 any more',
      cure: 'What was judged is on the receipt: agentlab receipt aaaaaaa1',
    })
  })

  test('a refusal is one JSON document, with exit code 1', async () => {
    const { exit, stdout, stderr } = await agentlab(world, ['cancel', 'ccccccc3', '--json'])
    expect(exit).toBe(1)
    expect(JSON.parse(stdout)).toMatchObject({ error: { code: 'command-refused' } })
    expect(stderr).toMatch(
      /cancel failed on ccccccc3: .* has ended already \(failed\)\.\n {2}→ .*agentlab show ccccccc3/,
    )
  })
})
