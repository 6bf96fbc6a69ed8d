/** The readers as a person calls them, on a store as runs leave it. */
import { spawn } from 'node:child_process'
import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, realpathSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { dataDirOf } from '../../src/config/data-dir.ts'
import { openDatabase } from '../../src/store/database.ts'
import { createStore, type Store } from '../../src/store/store.ts'
import { compiled } from '../support/compiled.ts'
import { commitFiles, makeRepository, makeScratch, removeScratch, shellGit } from '../support/git-repository.ts'
import { recording, recordRun } from '../support/recorded-run.ts'
import { runAtTerminal } from '../support/terminal.ts'
import { readHtml } from './html-reader.ts'

const main = resolve('src/cli/main.ts')
const scratch = makeScratch('readers')
const home = join(scratch, 'home')
const env = {
  PATH: '/usr/bin:/bin',
  HOME: home,
  XDG_STATE_HOME: join(scratch, 'state'),
  LC_ALL: 'C.UTF-8',
  ...compiled,
}
let repository = ''
let dataDir = ''
let store: Store
const day = 86_400_000

interface Ended {
  exit: number | null
  stdout: string
  stderr: string
}

const start = (args: string[], cwd = repository) => {
  const child = spawn(process.execPath, [main, ...args], { cwd, env, stdio: ['ignore', 'pipe', 'pipe'] })
  const ended: Ended = { exit: null, stdout: '', stderr: '' }
  child.stdout.on('data', data => (ended.stdout += data))
  child.stderr.on('data', data => (ended.stderr += data))
  return { child, ended, end: new Promise<Ended>(done => child.on('close', exit => done({ ...ended, exit }))) }
}
const agentlab = (...args: string[]): Promise<Ended> => start(args).end

const finding = { claim: 'The greeting lacks a name.', severity: 'minor' as const, file: 'greet.txt', line: 2 }

beforeAll(() => {
  mkdirSync(join(home, '.config', 'agentlab'), { recursive: true })
  repository = makeRepository(scratch, { 'greet.txt': 'Hello\n' })
  const base = shellGit(repository, ['rev-parse', 'HEAD'])
  shellGit(repository, ['checkout', '-q', '-b', 'work'])
  const tip = commitFiles(repository, { 'greet.txt': 'Hello\nyou <b>\n', 'sub/new.txt': 'new\n' })
  shellGit(repository, ['checkout', '-q', 'main'])
  dataDir = dataDirOf({ commonGitDir: realpathSync(join(repository, '.git')), env })
  mkdirSync(join(dataDir, 'transcripts', 'aaaaaaa1-1'), { recursive: true })
  store = createStore(openDatabase(join(dataDir, 'store.db')))
  const now = Date.now()
  const task = { title: 'Greet by name', after: [], base, tip, findings: [finding] }
  recordRun(
    store,
    recording({
      runId: 'aaaaaaa1',
      at: now - 10 * day,
      goal: 'The first',
      tasks: [task],
      requests: [{}, { worker: 'codex', model: 'nobody-1', provider: 'openai' }],
    }),
  )
  recordRun(
    store,
    recording({ runId: 'aaaaaaa2', at: now - 5 * day, goal: 'The second', lane: 'enterprise', state: 'failed' }),
  )
  recordRun(
    store,
    recording({
      runId: 'aaaaaaa3',
      at: now - day,
      goal: 'The third',
      rehearsed: true,
      state: 'awaitingOperator',
      requests: [{}],
    }),
  )
  recordRun(store, recording({ runId: 'aaaaaaa4', at: now - 1_000, goal: 'The fourth', state: 'working' }))
})
afterAll(() => {
  store.close()
  removeScratch(scratch)
})

describe('runs', () => {
  test.each<[string[], string[]]>([
    [[], ['aaaaaaa4', 'aaaaaaa3', 'aaaaaaa2', 'aaaaaaa1']],
    [
      ['-n', '2'],
      ['aaaaaaa4', 'aaaaaaa3'],
    ],
    [['--state', 'waiting'], ['aaaaaaa3']],
    [['--state', 'active'], ['aaaaaaa4']],
    [['--lane', 'enterprise'], ['aaaaaaa2']],
    [
      ['--since', '6d'],
      ['aaaaaaa4', 'aaaaaaa3', 'aaaaaaa2'],
    ],
    [['--since', '6d', '--state', 'failed', '--lane', 'enterprise'], ['aaaaaaa2']],
  ])('%j lists newest first what is asked for, as text and as JSON alike', async (options, expected) => {
    const text = await agentlab('runs', ...options)
    expect(
      text.stdout
        .trim()
        .split('\n')
        .map(line => line.slice(0, 8)),
    ).toEqual(expected)
    const json = JSON.parse((await agentlab('runs', ...options, '--json')).stdout) as { runId: string }[]
    expect(json.map(run => run.runId)).toEqual(expected)
  })

  test('none such, and a filter that can not be meant, are said', async () => {
    expect(await agentlab('runs', '--state', 'cancelled')).toMatchObject({
      exit: 0,
      stdout: '',
      stderr: 'No run is like that. All of them: agentlab runs\n',
    })
    expect(await agentlab('runs', '--since', 'yesterday')).toMatchObject({
      exit: 2,
      stderr: expect.stringContaining('3d'),
    })
    expect(await agentlab('runs', '-f', '--state', 'done')).toMatchObject({
      exit: 2,
      stderr: expect.stringContaining('takes no filter'),
    })
  })

  test('the listing is the same from a folder below and from a linked worktree', async () => {
    mkdirSync(join(repository, 'deep'), { recursive: true })
    const linked = join(scratch, 'linked')
    shellGit(repository, ['worktree', 'add', '-q', '--detach', linked])
    const here = (await agentlab('runs')).stdout
    expect(here).toMatch(/1\/1 tasks .*2 requests .*2\.2M tok +The first/)
    for (const cwd of [join(repository, 'deep'), linked]) {
      const there = (await start(['runs'], cwd).end).stdout
      expect(there.replace(/\d+s +/g, '')).toBe(here.replace(/\d+s +/g, ''))
    }
  })
})

describe('receipt', () => {
  test('--html writes one page with the diff, the finding at its line, and the money', async () => {
    const { exit, stdout } = await agentlab('receipt', 'aaaaaaa1', '--html', 'receipt.html')
    expect(exit).toBe(0)
    const page = readFileSync(stdout.trim(), 'utf8')
    const { text } = readHtml(page)
    expect(text).toContain('you <b>')
    expect(page.slice(page.indexOf('you &lt;b&gt;</ins>'))).toMatch(/^you &lt;b&gt;<\/ins><div class="finding minor">/)
    expect(text).toMatch(/Money: at least \$4\.48 at list prices; no price is known for nobody-1\./)
    expect((await agentlab('receipt', 'aaaaaaa1', '--html', '-')).stdout).toContain('<!doctype html>')
    expect((await agentlab('receipt', 'aaaaaaa3')).stdout).toContain(
      'Money: none, a rehearsal reaches no provider\\.'.replace('\\', ''),
    )
  })

  test('--html into a folder that is not there says so', async () => {
    expect(await agentlab('receipt', 'aaaaaaa1', '--html', 'no/such/r.html')).toMatchObject({
      exit: 2,
      stderr: expect.stringContaining('ENOENT'),
    })
  })
})

describe('cost', () => {
  test("leaves rehearsals out, says what has no price, and takes the operator's", async () => {
    const before = await agentlab('cost')
    expect(before.stdout).toMatch(/claude +1 +1,000,000 +400,000 +100,000 +\$4\.48 to \$6\.88/)
    expect(before.stdout).toMatch(/codex .* not measured\n/)
    expect(before.stderr).toMatch(/1 request of rehearsals left out[\s\S]*No price is known for nobody-1/)
    const file = join(home, '.config', 'agentlab', 'prices.yaml')
    writeFileSync(file, 'prices:\n  - { model: nobody-1, input: 1, cached: 0.5, output: 2 }\n')
    const after = await agentlab('cost', '--by', 'run')
    writeFileSync(file, '')
    expect(after.stdout).toMatch(/aaaaaaa1 +2 .* \$5\.48 to \$7\.88/)
    expect((await agentlab('cost', '--rehearsed', '--by', 'lane')).stdout).toMatch(/personal +1 .* none\n/)
    expect((await agentlab('cost', '--since', '1h')).stdout).toBe('')
  })
})

describe('events', () => {
  test('are one JSON document a line, from the number asked for', async () => {
    const all = (await agentlab('events', '--json')).stdout
      .trim()
      .split('\n')
      .map(line => JSON.parse(line) as { seq: number; type: string })
    expect(all.map(event => event.seq)).toEqual(Array.from({ length: all.length }, (_, index) => index + 1))
    const later = (await agentlab('events', '--since', String(all.length - 2))).stdout.trim().split('\n')
    expect(later).toHaveLength(2)
    expect(later[0]).toContain('run.requested')
    expect(all.map(event => JSON.stringify(event)).join()).not.toContain('The first')
  })

  test('-f goes on with what comes, until it is interrupted', async () => {
    const from = store.events.lastSeq()
    const { child, ended, end } = start(['events', '-f', '--json', '--since', String(from - 1)])
    const seen = (type: string): Promise<void> =>
      new Promise(done => {
        const look = (): void =>
          ended.stdout.includes(type) ? done() : void child.stdout.once('data', () => setImmediate(look))
        look()
      })
    await seen('"seq"')
    store.events.append({ type: 'limit.reached', runId: 'aaaaaaa4', limit: 'tokens' }, Date.now(), 1)
    await seen('limit.reached')
    child.kill('SIGINT')
    expect((await end).exit).toBe(130)
  })
})

describe('diff', () => {
  test("--tool runs the operator's program on two folders, and leaves nothing behind", async () => {
    const tool = join(scratch, 'tool')
    writeFileSync(tool, '#!/bin/sh\ncat "$2/greet.txt" "$1/greet.txt" "$2/sub/new.txt"; ls "$1"\n')
    chmodSync(tool, 0o755)
    expect(await agentlab('diff', 'aaaaaaa1-1', '--tool', tool)).toMatchObject({
      exit: 0,
      stdout: 'Hello\nyou <b>\nHello\nnew\ngreet.txt\n',
    })
    expect((await agentlab('diff', 'aaaaaaa1-1', '--tool', `${tool} {to} {from}`)).stdout).toMatch(
      /^Hello\nHello\nyou <b>\n/,
    )
    expect(readdirSync(join(dataDir, 'views'))).toEqual([])
  })

  test.each([['echo x; touch touched'], ['$(touch touched)'], ['no-such-tool']])(
    '--tool %j is refused, and runs nothing',
    async tool => {
      const { exit, stderr } = await agentlab('diff', 'aaaaaaa1-1', '--tool', tool)
      expect(exit).toBeGreaterThan(0)
      expect(stderr).toMatch(/diff failed on --tool/)
      expect(existsSync(join(repository, 'touched'))).toBe(false)
    },
  )

  test('is shown in the pager at a terminal, and printed with --no-pager', async () => {
    const pager = join(scratch, 'pager')
    writeFileSync(pager, '#!/bin/sh\necho "PAGED $1"; cat\n')
    chmodSync(pager, 0o755)
    const at = (options: string): Promise<{ text: string }> =>
      runAtTerminal({
        scratch,
        cwd: repository,
        command: `'${process.execPath}' '${main}' diff aaaaaaa1-1 ${options}`,
        env: { ...env, PAGER: `${pager} gently`, TERM: 'xterm' },
      })
    expect((await at('')).text).toMatch(/^PAGED gently\n[\s\S]*\u001b\[32m\+you <b>/)
    const plain = (await at('--no-pager')).text
    expect(plain).not.toContain('PAGED')
    expect(plain).toContain('+you <b>')
  })
})

test('logs read as a conversation: text, tools folded to a line, failures with their end', async () => {
  const lines = [
    { at: 1, type: 'text', text: 'I look.\u001b[31m' },
    { at: 2, type: 'tool.started', id: 'a', tool: 'shell', input: 'npm test' },
    { at: 3_002, type: 'tool.finished', id: 'a', ok: true, exitCode: 0, output: 'one\ntwo\nthree\n' },
    { at: 3_003, type: 'tool.started', id: 'b', tool: 'shell', input: 'false' },
    {
      at: 3_004,
      type: 'tool.finished',
      id: 'b',
      ok: null,
      exitCode: 7,
      output: `${Array.from({ length: 20 }, (_, n) => `line ${n}`).join('\n')}\n`,
    },
  ]
  const file = join(dataDir, 'transcripts', 'aaaaaaa1-1', 'worker-claude-1.jsonl')
  writeFileSync(file, lines.map(line => `${JSON.stringify(line)}\n`).join(''))
  const folded = (await agentlab('logs', 'aaaaaaa1-1')).stdout
  expect(folded).toBe(
    [
      '── aaaaaaa1-1 · worker claude · attempt 1 · 00:00:00 UTC',
      'I look.',
      '▸ shell npm test',
      '  ✓ 3 lines, 3s',
      '▸ shell false',
      ...Array.from({ length: 6 }, (_, n) => `  line ${n + 14}`),
      '  ✗ failed with exit code 7, 20 lines',
      '',
    ].join('\n'),
  )
  expect((await agentlab('logs', 'aaaaaaa1', '--full')).stdout).toContain('  two\n')
})
