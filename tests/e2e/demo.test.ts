/** The whole of AgentLab at once: the real program, the real agent CLIs, real git; only the models are a script. */
import { execFileSync, spawn } from 'node:child_process'
import { existsSync, mkdirSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { dataDirOf } from '../../src/config/data-dir.ts'
import type { RunView, TaskView } from '../../src/domain/run-view.ts'
import { openDatabase } from '../../src/store/database.ts'
import { readRunView } from '../../src/store/run-view.ts'
import { createStore } from '../../src/store/store.ts'
import { checkoutDigest } from '../support/checkout-digest.ts'
import { makeScratch, removeScratch, shellGit } from '../support/git-repository.ts'
import { runAtTerminal } from '../support/terminal.ts'

const program = (name: string): string => fileURLToPath(new URL(`../../bin/${name}.js`, import.meta.url))

/** What a run may change in the operator's repository: its own branches and pins. */
const ours = ['agent', 'claude', 'codex', 'gemini', 'task/'].map(name => `refs/heads/${name}`).concat('refs/agentlab/')

const canaries = ['sk-ant-canary-0123456789', 'sk-openai-canary-0123456789', 'gemini-canary-0123456789']

/** Processes that carry this text in the environment they were started with. */
const processesWith = (marker: string): string[] =>
  readdirSync('/proc').filter(pid => {
    try {
      return readFileSync(`/proc/${pid}/environ`, 'utf8').includes(marker)
    } catch {
      return false
    }
  })

let scratch: string
let env: Record<string, string>
let repository: string
let dataDir: string
let before: string
let output: string
let exit: number | null
let view: RunView

const git = (...args: string[]): string => shellGit(repository, args)
const taskNamed = (title: string): TaskView => view.tasks.find(task => task.title?.includes(title) === true)!

beforeAll(async () => {
  scratch = makeScratch('demo')
  env = {
    PATH: process.env.PATH ?? '/usr/bin:/bin',
    HOME: process.env.HOME ?? scratch,
    TERM: 'xterm',
    LANG: 'C.UTF-8',
    XDG_STATE_HOME: join(scratch, 'state'),
    XDG_CACHE_HOME: join(scratch, 'cache'),
    ANTHROPIC_API_KEY: canaries[0]!,
    OPENAI_API_KEY: canaries[1]!,
    GEMINI_API_KEY: canaries[2]!,
  }
  output = ''
  const child = spawn(process.execPath, [program('agentlab'), 'demo', '--keep'], { cwd: scratch, env, stdio: 'pipe' })
  const hear = (chunk: Buffer): void => {
    output += chunk.toString('utf8')
    const named = /^(\/.*\/repo)$/m.exec(output)?.[1]
    if (named === undefined || repository !== undefined) return
    // Taken while the run begins: nothing of what it covers may ever change.
    repository = named
    before = checkoutDigest(repository, { ignoreRefs: ours })
  }
  child.stdout.on('data', hear)
  child.stderr.on('data', hear)
  exit = await new Promise(resolve => child.once('close', resolve))
  dataDir = dataDirOf({ commonGitDir: join(repository, '.git'), env })
  const store = createStore(openDatabase(join(dataDir, 'store.db'), { create: false, readonly: true }))
  view = readRunView(store, store.machines.runs(1)[0]!.id)!
  store.close()
}, 300_000)

afterAll(() => removeScratch(scratch))

describe('the demo', () => {
  test('ends well, with every task integrated or answered', () => {
    expect(output).toContain('**Done: every task is integrated or answered.**')
    expect(exit).toBe(0)
    expect(view.tasks.map(task => task.state)).toEqual([
      'recorded',
      'integrated',
      'integrated',
      'integrated',
      'integrated',
    ])
    expect(view.planOrigin).toBe('model')
    expect(view.failures).toEqual([])
  })

  test('has all three vendors at work, and each change verified by another one', () => {
    expect(new Set(view.tasks.map(task => task.worker))).toEqual(new Set(['claude', 'codex', 'gemini']))
    for (const task of view.tasks.filter(one => one.kind === 'change')) {
      const pass = task.verdicts.findLast(verdict => verdict.value === 'pass')
      expect(pass).toMatchObject({ tip: task.tip, sameVendor: false })
      expect(pass?.verifier).not.toBe(task.worker)
    }
  })

  test('sends back what the checks had passed, for the reproduction that the other vendor ran', () => {
    const round = taskNamed('Round a duration')
    expect(round.attempts.map(attempt => attempt.n)).toContain(2)
    const failed = round.verdicts.filter(verdict => verdict.value === 'fail')
    expect(failed).toHaveLength(1)
    expect(round.checks.find(checks => checks.tip === failed[0]!.tip)?.status).toBe('passed')
    expect(failed[0]!.findings[0]?.reproduction).toMatchObject({
      expected: '30, exit code 0',
      observed: '45, exit code 1',
    })
    expect(failed[0]!.ran.map(command => command.exitCode)).toContain(1)
    expect(round.verdicts.at(-1)!.ran.map(command => command.exitCode)).toEqual([0, 0])
    // The claim holds: the first tip really prints 45, the last one 30.
    const roundUp = (tip: string): string => {
      const source = git('show', `${tip}:src/duration.js`).replaceAll('export const', 'const')
      return execFileSync(process.execPath, ['-e', `${source}\nconsole.log(roundUp(30, 15))`], {
        encoding: 'utf8',
      }).trim()
    }
    expect([roundUp(failed[0]!.tip), roundUp(round.tip!)]).toEqual(['45', '30'])
  })

  test('lets the later of two changes to one file be rebuilt with both sides', () => {
    const both = [taskNamed('since a day'), taskNamed('each day')]
    const conflicts = both.flatMap(task => task.findings.filter(({ source }) => source === 'conflict'))
    expect(conflicts.flatMap(({ findings }) => findings?.map(finding => finding.file))).toEqual(['bin/worklog.js'])
    const rebuilt = both.find(task => task.findings.some(({ source }) => source === 'conflict'))!
    expect(rebuilt.attempts).toHaveLength(2)
    expect(rebuilt.base).not.toBe(view.base)
    const options = git('show', `${rebuilt.integrated!.commit}:bin/worklog.js`)
    expect(options).toContain("since: { type: 'string' }")
    expect(options).toContain("'by-day': { type: 'boolean' }")
    expect(options).not.toContain('<<<<<<<')
  })

  test('gives the answer of the question to the task that needed it', () => {
    const seen = readdirSync(join(dataDir, 'transcripts'), { recursive: true, encoding: 'utf8' })
    expect(view.tasks[0]!.answer).toContain('RFC 4180')
    expect(seen.some(path => path.includes('researcher-gemini'))).toBe(true)
    expect(taskNamed('Export').dependsOn).toContain(view.tasks[0]!.taskId)
  })

  test('leaves only integrations with trailers on agent, and main where it was', () => {
    const commits = git('log', '--first-parent', '--reverse', '--format=%H', 'main..agent').split('\n')
    expect(commits).toHaveLength(4)
    for (const commit of commits) {
      const message = git('log', '-1', '--format=%B', commit)
      for (const trailer of ['Integration', 'Run', 'Worker', 'Lane', 'Verifier', 'Verdict', 'Rehearsed'])
        expect(message).toMatch(new RegExp(`^AgentLab-${trailer}: .+$`, 'm'))
      expect(git('log', '-1', '--format=%P %cn', commit)).toMatch(/^[0-9a-f]{40} [0-9a-f]{40} AgentLab$/)
    }
    expect(new Set(commits)).toEqual(new Set(view.tasks.flatMap(task => task.integrated?.commit ?? [])))
    expect(git('rev-list', '--count', 'main')).toBe('1')
  })

  test('sets each worker’s branch to its last accepted tip', () => {
    for (const worker of ['claude', 'codex', 'gemini']) {
      const accepted = view.tasks.filter(task => task.worker === worker && task.integrated !== null)
      const last = accepted.sort((a, b) => a.integrated!.at - b.integrated!.at).at(-1)!
      expect(git('rev-parse', worker)).toBe(last.tip)
      for (const task of accepted) expect(git('rev-parse', `task/${task.taskId}/${worker}`)).toBe(task.tip)
    }
  })

  test('leaves the operator’s checkout, index, config and other refs as they were', () => {
    expect(checkoutDigest(repository, { ignoreRefs: ours })).toBe(before)
    expect(git('status', '--porcelain')).toBe('')
  })

  test('integrates a tree that passes its own tests from a clean export, after set-up and not before', () => {
    const clean = join(scratch, 'clean')
    mkdirSync(clean)
    execFileSync('sh', ['-c', 'git -C "$1" archive agent | tar -x -C "$2"', 'sh', repository, clean], { env })
    const run = (file: string, args: string[]): string =>
      execFileSync(file, args, { cwd: clean, env, encoding: 'utf8', stdio: 'pipe' })
    expect(() => run(process.execPath, ['--test'])).toThrow()
    run('npm', ['ci', '--offline', '--no-audit', '--no-fund'])
    expect(run(process.execPath, ['--test'])).toMatch(/fail 0/)
    expect(run(process.execPath, ['bin/worklog.js', '--csv', '--step', '15m', 'examples/march.log'])).toBe(
      'day,minutes,what\r\n2026-03-02,135,"kick-off, minutes written up; set up the ""staging"" machine"\r\n' +
        '2026-03-03,120,import of the old records\r\n2026-03-04,90,"call with the accountant; report, first draft"\r\n' +
        '2026-03-09,30,"report, corrections"\r\n',
    )
  })

  test('leaves no process, no seat of a finished task, no credential and no token behind', () => {
    expect(processesWith(`AGENTLAB_RUN=${view.runId}`)).toEqual([])
    expect(readdirSync(join(dataDir, 'seats'))).toEqual([])
    const files = readdirSync(env.XDG_STATE_HOME!, { recursive: true, withFileTypes: true }).filter(entry =>
      entry.isFile(),
    )
    const leaking = files.filter(entry => {
      const bytes = readFileSync(join(entry.parentPath, entry.name))
      return (
        canaries.some(canary => bytes.includes(canary)) ||
        /(?:x-api-key|authorization: bearer|LAB_KEY)/i.test(bytes.toString('latin1'))
      )
    })
    expect(leaking.map(entry => entry.name)).toEqual([])
  })

  test('says what is not proven, and how to move main', () => {
    const section = output.slice(output.indexOf('## NOT PROVEN'))
    expect(section).toContain('The models were scripted (a rehearsal)')
    expect(section).toContain("its answer is a model's word; nobody verified it.")
    expect(section).toContain('1 reproduction given by verifiers: not replayed by AgentLab.')
    expect(section).toContain('their merged result was checked, not reviewed')
    expect(section).toMatch(/Try: cd .*promote\.js v1\.1\.0/)
  })

  test('runs the line it prints: a person at a terminal moves main', async () => {
    const command = /Try: (.*)/.exec(output)![1]!
    const { text, ...ended } = await runAtTerminal({
      scratch,
      cwd: scratch,
      command,
      env,
      prompt: 'leave it: ',
      answer: 'v1.1.0',
    })
    expect(text).toContain('agent adds 4 tasks to main')
    expect(ended.exit).toBe(0)
    expect(git('rev-parse', 'main')).toBe(git('rev-parse', 'agent'))
    expect(git('status', '--porcelain')).toBe('')
    expect(existsSync(join(repository, 'src/csv.js'))).toBe(true)
  })
})

test('a demo that is interrupted in the middle of its work removes itself and ends all it has started', async () => {
  const own = { ...env, XDG_STATE_HOME: join(scratch, 'interrupted') }
  const child = spawn(process.execPath, [program('agentlab'), 'demo'], { cwd: scratch, env: own, stdio: 'pipe' })
  let said = ''
  child.stdout.on('data', (chunk: Buffer) => {
    const isNew = !said.includes(' starts')
    said += chunk.toString('utf8')
    if (isNew && said.includes(' starts')) child.kill('SIGINT')
  })
  const code = await new Promise(resolve => child.once('close', resolve))
  expect(said).toContain(' starts')
  expect(code).toBe(130)
  expect(processesWith(`AGENTLAB_SEAT=${own.XDG_STATE_HOME}`)).toEqual([])
  const left = readdirSync(own.XDG_STATE_HOME, { recursive: true, encoding: 'utf8' }).sort()
  expect(left).toEqual(['agentlab', 'agentlab/demo'])
}, 120_000)
