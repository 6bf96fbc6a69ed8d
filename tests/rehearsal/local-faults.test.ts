/** What weak models and bad servers do to the local loop: its own program, as a process, against the scripted model. */
import { type ChildProcess, spawn } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { afterEach, expect, test } from 'vitest'
import { parseScenario } from '../../src/rehearsal/scenario.ts'
import { type Rehearsal, startRehearsal } from '../../src/rehearsal/server.ts'
import { Closing } from '../../src/workers/local/closing.ts'
import { type LocalSettings, type LocalWire, tokenVariable } from '../../src/workers/local/settings.ts'
import { sparingFlags } from '../../src/workers/own-program.ts'
import { compiled } from '../support/compiled.ts'

const program = resolve('src/workers/local/main.ts')
const dirs: string[] = []
const children: ChildProcess[] = []
const open: Rehearsal[] = []
afterEach(async () => {
  for (const child of children.splice(0))
    if (child.exitCode === null && child.signalCode === null) child.kill('SIGKILL')
  for (const server of open.splice(0)) await server.close()
  for (const dir of dirs.splice(0)) rmSync(dir, { recursive: true, force: true })
})

interface Played {
  /** `answered`, or the reason it ended for. */
  end: string
  detail: string
  text: string
  /** Everything it printed. */
  said: string
  requests: ReturnType<Rehearsal['requests']>
  file(name: string): string
}

const play = async (
  steps: string,
  {
    wire = 'messages',
    more = '',
    schema = null,
    contextTokens = null,
    wait,
  }: {
    wire?: LocalWire | null
    /** Further keys of the scenario. */
    more?: string
    schema?: LocalSettings['schema']
    contextTokens?: number | null
    wait?: (ms: number) => Promise<unknown>
  } = {},
): Promise<Played> => {
  const dir = mkdtempSync(join(tmpdir(), 'agentlab-faults-'))
  dirs.push(dir)
  const scenario = parseScenario(`${more}\ntasks: {}\ndefaults: { worker: { steps: [${steps}] } }\n`, 'faults.yaml')
  const rehearsal = await startRehearsal(scenario, {
    identity: { role: 'worker', worker: 'local' },
    ...(wait ? { wait } : {}),
  })
  open.push(rehearsal)
  writeFileSync(join(dir, 'here.txt'), 'It is here.\n')
  const settings: LocalSettings = {
    role: 'worker',
    baseUrl: rehearsal.origin,
    model: 'rehearsed',
    wire,
    contextTokens,
    schema,
    inbox: null,
    sessions: join(dir, 'sessions'),
  }
  writeFileSync(join(dir, 'settings.json'), JSON.stringify(settings))
  const child = spawn(process.execPath, [...sparingFlags, program, join(dir, 'settings.json'), 'new', 's'], {
    cwd: dir,
    env: { PATH: process.env.PATH ?? '', TMPDIR: dir, [tokenVariable]: 'token', ...compiled },
    stdio: ['pipe', 'pipe', 'inherit'],
  })
  children.push(child)
  let said = ''
  child.stdout.on('data', (data: Buffer) => (said += data.toString()))
  child.stdin.end('Do what is to be done.')
  await new Promise(done => child.once('close', done))
  const closing = Closing.parse(JSON.parse(said.trimEnd().split('\n').at(-1)!))
  return {
    end: closing.end === 'answered' ? 'answered' : closing.reason,
    detail: closing.end === 'answered' ? '' : closing.detail,
    text: closing.end === 'answered' ? closing.text : '',
    said,
    requests: rehearsal.requests(),
    file: name => readFileSync(join(dir, name), 'utf8'),
  }
}

/** Name, steps, how it ends, and what must have been said on the way. */
type Row = [name: string, steps: string, end: string, said: RegExp, options?: Parameters<typeof play>[1]]
const always = (step: string): string => Array(12).fill(step).join(', ')
const read = '{ read: here.txt }'
const done = '{ answer: It is done. }'
const wrong =
  '{ call: { tool: run, input: { command: [cat, here.txt] } } }, { call: { tool: read, input: { path: here.txt, from: "1" } } }'
const broken = `{ mangled: { tool: read, text: "{'path': here.txt" } }`
const unknown = '{ call: { tool: browse, input: { url: x } } }'
const again = '{ repeat: { text: "and so on ", times: 2000 } }'
const silent = '{ think: Hm. }, { empty: true }'

const models: Row[] = [
  ['words instead of a call', `{ answer: I will now read the file. }, ${read}, ${done}`, 'answered', /called no tool/],
  ['nothing but words', always('{ answer: I will now read the file. }'), 'talk', /called no tool/],
  [
    'a call in the text',
    `{ answer: 'So: {"name": "read", "arguments": {"path": "here.txt"}}' }, ${done}`,
    'answered',
    /It is here/,
  ],
  ['arguments of the wrong type', `${wrong}, ${done}`, 'answered', /It is here/, { wire: 'chat' }],
  ['arguments that are not JSON', `${broken}, ${read}, ${done}`, 'answered', /not JSON/],
  ['arguments that are never JSON', always(broken), 'noProgress', /not JSON/, { wire: 'chat' }],
  ['no arguments but null', `{ mangled: { tool: list, text: "null" } }, ${done}`, 'answered', /list/, { wire: 'chat' }],
  [
    'a null among the arguments',
    `{ call: { tool: read, input: { path: here.txt, from: null } } }, ${done}`,
    'answered',
    /It is here/,
  ],
  ['a tool that is not there', `${unknown}, ${read}, ${done}`, 'answered', /There is no tool/],
  ['nothing but tools that are not there', always(unknown), 'noProgress', /There is no tool/],
  ['the same words without end', `${again}, ${read}, ${done}`, 'answered', /again and again/],
  ['nothing but the same words', always(again), 'repetition', /again and again/, { wire: 'chat' }],
  ['an empty answer', `{ empty: true }, ${read}, ${done}`, 'answered', /was empty/, { wire: 'chat' }],
  ['nothing but empty answers', always('{ empty: true }'), 'empty', /was empty/],
  ['thoughts alone', `${silent}, ${read}, ${done}`, 'answered', /was empty/],
  ['nothing but thoughts', always(silent), 'empty', /was empty/, { wire: 'chat' }],
  [
    'two calls in one answer',
    `{ calls: [{ tool: read, input: { path: here.txt } }, { tool: list }] }, ${done}`,
    'answered',
    /settings\.json/,
  ],
  [
    'two calls in one answer, as chat',
    `{ calls: [{ tool: read, input: { path: here.txt } }, { tool: list }] }, ${done}`,
    'answered',
    /settings\.json/,
    { wire: 'chat' },
  ],
]

const servers: Row[] = [
  ['a model it has not got', '{ missing: true }', 'auth', /ollama pull rehearsed/],
  ['a model it throws out on the way', `${read}, { missing: true }`, 'auth', /ollama pull rehearsed/, { wire: 'chat' }],
  ['a model that it is loading', `{ loading: true, times: 1 }, ${read}, ${done}`, 'answered', /model is loading/],
  [
    'a model that never loads',
    '{ status: { code: 503, retryAfterS: 0, message: model is loading } }',
    'overloaded',
    /model is loading/,
    { wire: 'chat' },
  ],
  [
    'a restart in the middle of an answer',
    `{ drop: { afterBytes: 300 }, times: 1 }, ${read}, { drop: true, times: 1 }, ${done}`,
    'answered',
    /"retry"/,
  ],
  [
    'a restart, as chat',
    `{ drop: { afterBytes: 300 }, times: 1 }, ${read}, ${done}`,
    'answered',
    /"retry"/,
    { wire: 'chat' },
  ],
  ['a page instead of an answer', '{ garbage: true }', 'malformed', /not a message/],
  ['an answer without end', `{ endless: true, times: 1 }, ${read}, ${done}`, 'answered', /cut off/],
  ['nothing but answers without end', always('{ endless: true }'), 'output', /cut off/],
  ['an answer without end, as chat', always('{ endless: true }'), 'output', /cut off/, { wire: 'chat' }],
]

const outgrowing = `${[1, 2, 3, 4, 5, 6].map(n => `{ run: seq ${n} 2500 }`).join(', ')}, ${done}`
/** A server that holds less than the operator says. */
const small = (kind: string, overlong: string): NonNullable<Row[4]> => ({
  contextTokens: 32_768,
  more: `server: { kind: ${kind}, overlong: ${overlong}, models: [{ name: rehearsed, context: 8192 }] }`,
})
const lengths: Row[] = [
  [
    'a question too long, in the words of Ollama',
    outgrowing,
    'answered',
    /shortened|too long/,
    small('ollama', 'refuse'),
  ],
  [
    'a question too long, in the words of llama.cpp',
    outgrowing,
    'answered',
    /shortened|too long/,
    { ...small('llamacpp', 'refuse'), wire: 'chat' },
  ],
  [
    'a question too long, in the words of vLLM',
    outgrowing,
    'answered',
    /shortened|too long/,
    { ...small('vllm', 'refuse'), wire: 'chat' },
  ],
  ['a question whose beginning is dropped', outgrowing, 'answered', /server drops/, small('ollama', 'truncate')],
  ['a statement that never fits', '{ overflow: ollama }', 'context', /does not fit|takes about/],
]

test.each([...models, ...lengths, ...servers])('%s', async (_name, steps, end, said, options) => {
  const played = await play(steps, options)
  expect(played.end, played.said).toBe(end)
  expect(played.said).toMatch(said)
})

test('a slow model is waited for', async () => {
  const waits: number[] = []
  const wait = async (ms: number): Promise<void> => void waits.push(ms)
  const played = await play(
    `{ read: here.txt, pace: { tokensPerS: 2 } }, { answer: It is done., pace: { tokensPerS: 2 } }`,
    { wait },
  )
  expect(played.end).toBe('answered')
  const tokens = waits.reduce((sum, ms) => sum + ms, 0) / 500
  expect(tokens).toBeGreaterThan(10)
})

test('an argument of 100 kB comes to its file whole', async () => {
  const big = '{ oversized: { tool: write, argument: content, sizeBytes: 100000, input: { path: big.txt } } }'
  const played = await play(`${big}, ${read}, ${done}`, { contextTokens: 65_536 })
  expect(played.end, played.said).toBe('answered')
  expect(played.file('big.txt')).toHaveLength(100_000)
})
