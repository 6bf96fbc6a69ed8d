/** A local server that speaks Ollama's wire: which of its doors are open, for which models, and what is metered. */
import type { ServerResponse } from 'node:http'
import { afterEach, expect, test } from 'vitest'
import type { Grant } from '../../src/lanes/gateway/grant.ts'
import { usageReader } from '../../src/lanes/gateway/usage.ts'
import { grantFor, post, type Seen, startMetered, startUpstream } from './upstream.ts'

const open: { close(): Promise<void> }[] = []
afterEach(async () => {
  for (const thing of open.splice(0)) await thing.close()
})

const json = (response: ServerResponse, value: unknown): void =>
  void response.writeHead(200, { 'content-type': 'application/json; charset=utf-8' }).end(JSON.stringify(value))
const lines = (response: ServerResponse, values: unknown[]): void =>
  void response
    .writeHead(200, { 'content-type': 'application/x-ndjson' })
    .end(values.map(value => `${JSON.stringify(value)}\n`).join(''))
const events = (response: ServerResponse, values: unknown[]): void =>
  void response
    .writeHead(200, { 'content-type': 'text/event-stream' })
    .end(values.map(value => `data: ${JSON.stringify(value)}\n\n`).join(''))

const installed = ['qwen3:8b', 'gpt-oss:20b', 'nomic-embed-text:latest', 'secret-project:7b']
const counts = { prompt_eval_count: 26, eval_count: 290 }
const cloud = { name: 'kimi:latest', model: 'kimi:latest', remote_host: 'https://cloud.example', remote_model: 'kimi' }

/** Answers in the shapes of Ollama's API documentation. */
const answers: Record<string, (response: ServerResponse, body: Record<string, unknown>) => void> = {
  '/': response => void response.writeHead(200, { 'content-type': 'text/plain' }).end('Ollama is running'),
  '/api/version': response => json(response, { version: '0.12.0' }),
  '/api/tags': response =>
    json(response, { models: [...installed.map(name => ({ name, model: name, size: 1 })), cloud] }),
  '/api/ps': response => json(response, { models: installed.slice(1).map(name => ({ name, model: name })) }),
  '/v1/models': response => json(response, { object: 'list', data: installed.map(id => ({ id, object: 'model' })) }),
  '/api/v0/models': response => json(response, { data: installed.map(id => ({ id, state: 'loaded' })) }),
  '/model/info': response =>
    json(response, {
      data: installed.map(model_name => ({
        model_name,
        litellm_params: { model: 'openai/secret-project', api_base: 'http://10.0.0.9/secret-project' },
        model_info: { max_input_tokens: 8_192, key: 'secret-project' },
      })),
    }),
  '/props': response =>
    json(response, {
      default_generation_settings: { n_ctx: 4_096, prompt: 'secret-project' },
      model_path: '/secret-project',
    }),
  '/api/show': response => json(response, { details: { family: 'qwen3' } }),
  '/api/chat': (response, { stream }) =>
    stream === false
      ? json(response, { message: { role: 'assistant', content: 'Hi' }, done: true, ...counts })
      : lines(response, [
          { message: { content: 'say "eval_count":9' }, done: false },
          { message: { content: '' }, done: true, done_reason: 'stop', ...counts },
        ]),
  '/api/generate': response =>
    lines(response, [
      { response: 'Hi', done: false },
      { response: '', done: true, ...counts },
    ]),
  '/api/embed': response => json(response, { embeddings: [[0.1]], total_duration: 1, prompt_eval_count: 26 }),
  '/api/embeddings': response => json(response, { embedding: [0.1] }),
  '/v1/chat/completions': (response, body) => {
    const usage = { prompt_tokens: 26, completion_tokens: 290, total_tokens: 316 }
    if (body.stream !== true) return json(response, { choices: [], usage })
    const isAsked = (body.stream_options as { include_usage?: boolean } | undefined)?.include_usage === true
    events(response, [{ choices: [{ delta: { content: 'Hi' } }] }, ...(isAsked ? [{ choices: [], usage }] : [])])
  },
  '/v1/completions': response => json(response, { choices: [], usage: { prompt_tokens: 26, completion_tokens: 290 } }),
  '/v1/embeddings': response => json(response, { data: [], usage: { prompt_tokens: 26, total_tokens: 26 } }),
  '/v1/responses': response =>
    events(response, [{ type: 'response.completed', response: { usage: { input_tokens: 26, output_tokens: 290 } } }]),
  '/v1/messages': response =>
    events(response, [
      { type: 'message_start', message: { usage: { input_tokens: 26, output_tokens: 0 } } },
      { type: 'message_delta', usage: { output_tokens: 290 } },
    ]),
}

const answer = (response: ServerResponse, { url, body }: Seen): void => {
  const found = answers[url.split('?')[0]!]
  if (found === undefined) return void response.writeHead(404).end('no such door')
  found(response, body === '' ? {} : JSON.parse(body))
}

const allowed = ['qwen3:8b', 'nomic-embed-text', 'gpt-*']

const served = async (more: Partial<Grant> = {}) => {
  const upstream = await startUpstream(answer)
  const metered = await startMetered()
  open.push(metered.gateway, upstream)
  const grant = grantFor('local', upstream.origin, {
    lane: 'private',
    credential: { kind: 'none', read: async () => '' },
    models: allowed,
    ...more,
  })
  const headers = { authorization: `Bearer ${metered.gateway.issueToken(grant)}` }
  const at = (path: string) => `${metered.gateway.origin}/local${path}`
  return {
    ...metered,
    upstream,
    get: (path: string) => fetch(at(path), { headers }),
    ask: (path: string, body: unknown) => post(at(path), headers, body),
    send: (method: string, path: string) => fetch(at(path), { method, headers }),
  }
}

test('what only tells something about the server passes', async () => {
  const { get, upstream } = await served()
  expect(await (await get('/')).text()).toBe('Ollama is running')
  expect(await (await get('/api/version')).json()).toEqual({ version: '0.12.0' })
  expect(upstream.seen.map(({ url }) => url)).toEqual(['/', '/api/version'])
  expect(upstream.seen[0]!.headers).not.toHaveProperty('authorization')
})

test('lists show the models the operator allows, and none that is computed elsewhere', async () => {
  const { get } = await served({ models: ['*'] })
  const names = async (path: string) => {
    const { models, data } = (await (await get(path)).json()) as Record<string, { name?: string; id?: string }[]>
    return (models ?? data)!.map(({ name, id }) => name ?? id)
  }
  expect(await names('/api/tags')).toEqual(installed)
  const some = await served()
  const shown = async (path: string): Promise<string> => (await some.get(path)).text()
  for (const path of ['/api/tags', '/v1/models', '/api/v0/models', '/model/info']) {
    const text = await shown(path)
    for (const name of installed.slice(0, 3)) expect(text).toContain(name)
    expect(text).not.toContain('secret-project')
    expect(text).not.toContain('kimi')
  }
  expect(await shown('/api/ps')).not.toContain('secret-project')
})

test('what a server says of how much it holds is shown, and nothing beside it', async () => {
  const { get } = await served()
  expect(await (await get('/props')).json()).toEqual({ default_generation_settings: { n_ctx: 4_096 } })
  const { data } = (await (await get('/model/info')).json()) as { data: unknown[] }
  expect(data).toHaveLength(3)
  expect(data[0]).toEqual({ model_name: 'qwen3:8b', model_info: { max_input_tokens: 8_192 } })
})

test('a list that is none is not passed on', async () => {
  const upstream = await startUpstream(response => response.writeHead(200).end('{"secret-project":"here"}'))
  const { gateway } = await startMetered()
  open.push(gateway, upstream)
  const token = gateway.issueToken(grantFor('local', upstream.origin, { models: ['*'] }))
  const list = await fetch(`${gateway.origin}/local/api/tags`, { headers: { authorization: `Bearer ${token}` } })
  expect(list.status).toBe(502)
  expect(await list.text()).not.toContain('secret-project')
})

test.each([
  ['/api/chat', { messages: [] }, 26, 290],
  ['/api/chat', { messages: [], stream: false }, 26, 290],
  ['/api/generate', { prompt: 'Hi' }, 26, 290],
  ['/api/embed', { input: 'Hi' }, 26, 0],
  ['/api/embeddings', { prompt: 'Hi' }, null, null],
  ['/v1/chat/completions', { messages: [] }, 26, 290],
  ['/v1/chat/completions', { messages: [], stream: true }, 26, 290],
  ['/v1/completions', { prompt: 'Hi' }, 26, 290],
  ['/v1/embeddings', { input: 'Hi' }, 26, 0],
  ['/v1/responses', { input: [] }, 26, 290],
  ['/v1/messages?beta=true', { messages: [] }, 26, 290],
  ['/api/show', {}, 0, 0],
])('%s with %j is passed on and metered: %s in, %s out', async (path, body, input, output) => {
  const { ask, metered, upstream } = await served()
  const said = await ask(path, { model: 'qwen3:8b', ...body })
  expect(said.status).toBe(200)
  await said.text()
  expect((await metered(1))[0]).toMatchObject({ model: 'qwen3:8b', status: 200, input, output, aborted: false })
  expect(upstream.seen[0]!.url).toBe(path)
})

test.each([
  ['/v1/responses', { store: true }],
  ['/v1/responses', { background: true }],
  ['/v1/responses', { previous_response_id: 'resp_1' }],
  ['/v1/responses', { tools: [{ type: 'web_search' }] }],
  ['/v1/responses', { tools: [{ type: 'mcp', server_url: 'https://elsewhere.example' }] }],
  [
    '/v1/responses',
    { input: [{ role: 'user', content: [{ type: 'input_image', image_url: 'https://a.example/b' }] }] },
  ],
  ['/v1/messages', { mcp_servers: [{ type: 'url', url: 'https://elsewhere.example' }] }],
  ['/v1/messages', { tools: [{ type: 'web_fetch_20250910', name: 'web_fetch' }] }],
])("a server of the operator's is asked for no errand either: %s with %j", async (path, body) => {
  const { ask, upstream } = await served()
  expect((await ask(path, { model: 'qwen3:8b', ...body })).status).toBe(403)
  expect(upstream.seen).toEqual([])
})

test('the counts of a line that is longer than what is kept of it are found at its end', () => {
  const reader = usageReader('ollama', 'application/x-ndjson')
  const line = JSON.stringify({
    response: 'x "eval_count":1 \\"eval_count\\":2',
    context: Array(400_000).fill(1),
    ...counts,
  })
  for (let i = 0; i < line.length; i += 65_536) reader.push(Buffer.from(line.slice(i, i + 65_536)))
  expect(reader.finish()).toMatchObject({ input: 26, output: 290 })
})

test.each([
  ['POST', '/api/pull'],
  ['POST', '/api/push'],
  ['POST', '/api/create'],
  ['POST', '/api/copy'],
  ['DELETE', '/api/delete'],
  ['POST', '/api/delete'],
  ['POST', '/api/blobs/sha256:29fdb92e57cf0827ded04ae6461b5931d01fa595843f55d36f5b275a52087dd2'],
  ['HEAD', '/api/blobs/sha256:29fdb92e57cf0827ded04ae6461b5931d01fa595843f55d36f5b275a52087dd2'],
  ['POST', '/api/signout'],
  ['POST', '/api/me'],
  ['POST', '/api/web_search'],
  ['POST', '/api/chat/'],
  ['POST', '/api//chat'],
  ['POST', '/API/chat'],
  ['POST', '/api/chat?x=1'],
  ['POST', '/api%2fchat'],
  ['POST', '/api/tags'],
  ['GET', '/api/chat'],
  ['POST', '/v1/files'],
  ['POST', '/props'],
  ['GET', '/props?model=x'],
  ['GET', '/slots'],
  ['POST', '/model/new'],
  ['POST', '/api/v1/models/load'],
])('%s %s does not pass', async (method, path) => {
  const { send, upstream } = await served({ models: ['*'] })
  expect((await send(method, path)).status).toBe(403)
  expect(upstream.seen).toHaveLength(0)
})

test.each([
  'secret-project:7b',
  'qwen3:8b-cloud',
  'gpt-oss:120b-cloud',
  'gpt-oss:cloud',
  'gpt-oss:CLOUD',
  'gpt-oss:120b-cloud ',
  'evil.host/x/gpt-1',
  'evil.host:443/gpt-1',
  'localhost:5000/gpt-1',
  'http://evil.host/x',
  'qwen3:8b\n',
  '',
])('the model %j is refused, also where a pattern would match it', async model => {
  const { ask, upstream } = await served({ models: model === 'secret-project:7b' ? allowed : ['*'] })
  for (const path of [
    '/api/chat',
    '/api/generate',
    '/api/show',
    '/v1/chat/completions',
    '/v1/responses',
    '/v1/messages',
  ]) {
    const refused = await ask(path, { model })
    expect([path, refused.status]).toEqual([path, 403])
  }
  expect(upstream.seen).toHaveLength(0)
})

test.each([
  ['by its older name', '/api/show', { name: 'secret-project:7b' }],
  ['by both names', '/api/show', { model: 'qwen3:8b', name: 'secret-project:7b' }],
  ['in another case, which Go would take', '/api/chat', { model: 'qwen3:8b', MODEL: 'secret-project:7b' }],
  ['not at all', '/api/chat', { messages: [] }],
])('a model that is not allowed is refused when it is named %s', async (_how, path, body) => {
  const { ask, upstream } = await served()
  expect((await ask(path, body)).status).toBe(403)
  expect(upstream.seen).toHaveLength(0)
})

test('a model without a tag is its latest', async () => {
  const { ask } = await served()
  for (const model of ['nomic-embed-text', 'nomic-embed-text:latest'])
    expect((await ask('/api/embed', { model })).status).toBe(200)
  expect((await ask('/api/embed', { model: 'nomic-embed-text:v1' })).status).toBe(403)
})

test('without a list of the operator no local model may be asked', async () => {
  const { models: _, ...bare } = grantFor('local', 'http://127.0.0.1:9')
  const { gateway } = await startMetered()
  open.push(gateway)
  const headers = { authorization: `Bearer ${gateway.issueToken(bare)}` }
  expect((await post(`${gateway.origin}/local/api/chat`, headers, { model: 'qwen3:8b' })).status).toBe(403)
})

test('refusals come in the shape of the door that was knocked at', async () => {
  const { ask } = await served()
  const said = async (path: string) => (await ask(path, { model: 'x' })).json()
  expect(await said('/api/chat')).toEqual({ error: 'AgentLab: model x is not allowed in lane private' })
  expect(await said('/v1/chat/completions')).toMatchObject({ error: { code: 'agentlab_forbidden' } })
  expect(await said('/v1/messages')).toMatchObject({ type: 'error', error: { type: 'permission_error' } })
})

test('a token of another provider opens no local door, and a local one no other', async () => {
  const { gateway, upstream } = await served()
  const header = (provider: Grant['provider']) => ({
    authorization: `Bearer ${gateway.issueToken(grantFor(provider, upstream.origin, { models: ['*'] }))}`,
  })
  expect((await post(`${gateway.origin}/local/api/chat`, header('anthropic'))).status).toBe(403)
  expect((await post(`${gateway.origin}/local/v1/messages`, header('anthropic'))).status).toBe(403)
  expect((await post(`${gateway.origin}/anthropic/v1/messages`, header('local'))).status).toBe(403)
  expect(upstream.seen).toHaveLength(0)
})
