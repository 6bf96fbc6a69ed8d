/** The scripted model in Ollama's own words, and what its server says of itself. */
import { afterEach, expect, test } from 'vitest'
import { identityHeaders } from '../../src/rehearsal/identity.ts'
import { parseScenario } from '../../src/rehearsal/scenario.ts'
import { type Rehearsal, type RehearsalOptions, startRehearsal } from '../../src/rehearsal/server.ts'
import { grantFor, startMetered } from '../lanes/upstream.ts'

const open: Rehearsal[] = []
afterEach(async () => {
  for (const rehearsal of open.splice(0)) await rehearsal.close()
})

const rehearse = async (text: string, options: RehearsalOptions = {}): Promise<string> => {
  const started = await startRehearsal(parseScenario(text, 'test.yaml'), {
    identity: { role: 'worker', worker: 'local', task: 'a' },
    ...options,
  })
  open.push(started)
  return started.origin
}

// biome-ignore lint/suspicious/noExplicitAny: answers are looked at as they come
type Line = Record<string, any>
const post = (url: string, body: unknown, headers: Record<string, string> = {}): Promise<Response> =>
  fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify(body),
  })
const lines = async (answer: Promise<Response>): Promise<Line[]> =>
  (await (await answer).text())
    .trimEnd()
    .split('\n')
    .map(line => JSON.parse(line) as Line)

const steps = (...some: string[]): string => `tasks: { a: { attempts: [{ steps: [${some.join(', ')}] }] } }`
const tool = (name: string): object => ({ type: 'function', function: { name, parameters: { type: 'object' } } })
const user = { role: 'user', content: 'Do it.' }
const ask = { model: 'qwen3:8b', messages: [user], tools: [tool('run'), tool('write')] }

test('/api/chat streams lines: thoughts, words, a call with an object, and the counts at the end', async () => {
  const origin = await rehearse(steps('{ think: Hm. }', '{ say: I begin. }', '{ run: ls }'))
  const answer = await post(`${origin}/api/chat`, ask)
  expect(answer.headers.get('content-type')).toBe('application/x-ndjson')
  const told = (await answer.text())
    .trimEnd()
    .split('\n')
    .map(line => JSON.parse(line) as Line)
  expect(told.map(({ message, done }) => [message, done])).toEqual([
    [{ role: 'assistant', content: '', thinking: 'Hm.' }, false],
    [{ role: 'assistant', content: 'I begin.' }, false],
    [
      {
        role: 'assistant',
        content: '',
        tool_calls: [{ function: { index: 0, name: 'run', arguments: { command: 'ls' } } }],
      },
      false,
    ],
    [{ role: 'assistant', content: '' }, true],
  ])
  expect(told.at(-1)).toMatchObject({ model: 'qwen3:8b', done_reason: 'stop' })
  for (const count of [
    'total_duration',
    'load_duration',
    'prompt_eval_count',
    'prompt_eval_duration',
    'eval_count',
    'eval_duration',
  ])
    expect(told.at(-1)![count], count).toBeGreaterThan(0)
})

test('a conversation goes on from the results, which come in the order of their calls', async () => {
  const origin = await rehearse(
    steps('{ calls: [{ tool: run }, { tool: write, input: { path: x } }] }', '{ outOfTokens: So }'),
  )
  const [{ message }] = (await lines(post(`${origin}/api/chat`, { ...ask, stream: false }))) as [Line]
  expect(message.tool_calls.map((call: Line) => call.function.name)).toEqual(['run', 'write'])
  const results = [1, 0].map(code => ({ role: 'tool', tool_name: 'run', content: `Exit code ${code}` }))
  const next = { ...ask, stream: false, messages: [user, message, ...results] }
  const [second] = await lines(post(`${origin}/api/chat`, next))
  expect(second).toMatchObject({ message: { content: 'So' }, done: true, done_reason: 'length' })
})

test('/api/generate answers a prompt, whole or in lines; a format is answered as JSON', async () => {
  const origin = await rehearse(steps('{ answer: { n: 1 } }'))
  const prompt = { model: 'm', prompt: 'Now.', format: { type: 'object' } }
  const [whole] = await lines(post(`${origin}/api/generate`, { ...prompt, stream: false }))
  expect(JSON.parse(whole!.response)).toEqual({ n: 1 })
  const parts = await lines(post(`${origin}/api/generate`, prompt))
  expect(parts.map(({ response }) => response).join('')).toBe(whole!.response)
  expect(parts.at(-1)).toMatchObject({ response: '', done: true, done_reason: 'stop' })
})

test.each([
  ['{ missing: true }', 404, 'model "qwen3:8b" not found, try pulling it first'],
  ['{ loading: true }', 503, 'model is loading'],
  ['{ overflow: ollama }', 400, 'the input length exceeds the context length'],
  ['{ status: { code: 500, message: it broke } }', 500, 'it broke'],
])('%s is an error in its shape', async (step, status, error) => {
  const answer = await post(`${await rehearse(steps(step))}/api/chat`, ask)
  expect(answer.status).toBe(status)
  expect(await answer.json()).toEqual({ error })
})

test('a fault that passes is met so often at its place, and then its step is there', async () => {
  const origin = await rehearse(steps('{ loading: true, times: 2 }', '{ answer: now }'))
  const states: number[] = []
  for (let n = 0; n < 4; n++) states.push((await post(`${origin}/api/chat`, ask)).status)
  expect(states).toEqual([503, 503, 200, 200])
})

test('the server tells its version, its models, which are loaded and what they hold', async () => {
  const server =
    'server: { version: 1.2.3, models: [{ name: "qwen3:8b", context: 4096, trained: 40960 }, { name: big, loaded: false }] }'
  const origin = await rehearse(`${server}\n${steps('{ answer: hi }')}`)
  const get = async (path: string): Promise<Line> => (await fetch(origin + path)).json() as Promise<Line>
  expect(await get('/api/version')).toEqual({ version: '1.2.3' })
  expect((await get('/api/tags')).models.map(({ name }: Line) => name)).toEqual(['qwen3:8b', 'big'])
  expect((await get('/api/ps')).models).toMatchObject([{ name: 'qwen3:8b', context_length: 4096 }])
  expect((await get('/v1/models')).data.map(({ id }: Line) => id)).toEqual(['qwen3:8b', 'big'])
  const shown = (await (await post(`${origin}/api/show`, { model: 'qwen3:8b' })).json()) as Line
  expect(shown.capabilities).toContain('tools')
  expect(shown.model_info).toMatchObject({ 'general.architecture': 'rehearsed', 'rehearsed.context_length': 40_960 })
  expect(shown.parameters).toMatch(/^num_ctx +4096$/m)
  expect((await post(`${origin}/api/show`, { model: 'none' })).status).toBe(404)
  expect((await post(`${origin}/api/chat`, { ...ask, model: 'none' })).status).toBe(404)
  expect((await post(`${origin}/local/api/chat`, ask)).status).toBe(200)
})

test("without a server in the scenario any model is there; the providers' own CLIs see no lists", async () => {
  const origin = await rehearse(steps('{ answer: hi }'))
  expect((await post(`${origin}/api/show`, { model: 'any:1b' })).status).toBe(200)
  const headers = identityHeaders({ role: 'worker', worker: 'codex', task: 'a' })
  expect((await fetch(`${origin}/v1/models`, { headers })).status).toBe(404)
})

test.each([
  ['vllm', 'maximum context length is 100 tokens', '/v1/models', { data: [{ id: 'm', max_model_len: 100 }] }],
  [
    'llamacpp',
    'exceeds the available context size (100 tokens)',
    '/props',
    { default_generation_settings: { n_ctx: 100 } },
  ],
])(
  'a server of kind %s refuses in its own words and tells its context in its own place',
  async (kind, words, path, told) => {
    const server = `server: { kind: ${kind}, overlong: refuse, models: [{ name: m, context: 100 }] }`
    const origin = await rehearse(`${server}\n${steps('{ answer: hi }')}`)
    const short = { model: 'm', messages: [user] }
    const long = { model: 'm', messages: [{ role: 'user', content: 'x'.repeat(1_000) }] }
    expect((await post(`${origin}/v1/chat/completions`, short)).status).toBe(200)
    const refused = await post(`${origin}/v1/chat/completions`, long)
    expect([refused.status, await refused.text()]).toEqual([400, expect.stringContaining(words)])
    expect(await (await fetch(origin + path)).json()).toMatchObject(told)
    expect((await fetch(`${origin}/api/tags`)).status).toBe(404)
  },
)

test('a paced answer is the same answer, and takes as long as its tokens', async () => {
  const waits: number[] = []
  const answer = 'x'.repeat(400)
  const origin = await rehearse(steps(`{ answer: ${answer}, pace: { tokensPerS: 2 } }`), {
    wait: async ms => waits.push(ms),
  })
  const told = await lines(post(`${origin}/api/chat`, ask))
  expect(told.map(({ message }) => message.content).join('')).toBe(answer)
  expect(waits).toHaveLength(told.length)
  expect(waits.reduce((sum, ms) => sum + ms, 0)).toBeCloseTo((told.at(-1)!.eval_count / 2) * 1_000)
})

test('behind the gate a local grant reaches every language and the lists, and each answer is counted', async () => {
  const origin = await rehearse(
    `server: { models: [{ name: "qwen3:8b" }, { name: other }] }\n${steps('{ answer: hi }')}`,
  )
  const { gateway, metered } = await startMetered()
  const grant = grantFor('local', origin, {
    lane: 'private',
    worker: 'local',
    models: ['qwen3:8b'],
    credential: { kind: 'none', read: async () => '' },
  })
  const headers = { authorization: `Bearer ${gateway.issueToken(grant)}` }
  const { model, messages } = ask
  const bodies: [string, object][] = [
    ['/api/chat', { model, messages }],
    ['/api/generate', { model, prompt: 'Do it.' }],
    ['/v1/messages', { model, messages, max_tokens: 100, stream: true }],
    ['/v1/chat/completions', { model, messages, stream: true, stream_options: { include_usage: true } }],
    ['/v1/responses', { model, input: [{ role: 'user', content: 'Do it.' }], stream: true }],
  ]
  for (const [path, body] of bodies) {
    const answer = await post(`${gateway.origin}/local${path}`, body, headers)
    expect([path, answer.status, await answer.text()]).toEqual([path, 200, expect.stringContaining('hi')])
  }
  const counted = (await metered(bodies.length)).map(({ input, output }) => (input ?? 0) > 0 && (output ?? 0) > 0)
  expect(counted).toEqual(bodies.map(() => true))
  const get = async (path: string): Promise<Response> => fetch(`${gateway.origin}/local${path}`, { headers })
  expect(((await (await get('/api/tags')).json()) as Line).models.map(({ name }: Line) => name)).toEqual([model])
  expect((await get('/api/ps')).status).toBe(200)
  expect((await post(`${gateway.origin}/local/api/show`, { model }, headers)).status).toBe(200)
  expect((await post(`${gateway.origin}/local/api/chat`, { ...ask, model: 'other' }, headers)).status).toBe(403)
  await gateway.close()
})
