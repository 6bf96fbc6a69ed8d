import http from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { localDiagnoses } from '../../src/cli/local-diagnoses.ts'

/** Each kind of server below a path of its own, in the shapes of its documentation; `/away` leads elsewhere. */
const answers: Record<string, unknown> = {
  'GET /ollama/api/version': { version: '0.12.0' },
  'GET /ollama/api/tags': { models: [{ name: 'qwen3:8b' }, { name: 'tiny:latest' }] },
  'GET /ollama/api/ps': { models: [{ name: 'qwen3:8b', context_length: 32_768 }] },
  'POST /ollama/api/show': { parameters: 'stop "x"\nnum_ctx                        8192' },
  'POST /ollama/api/generate': { response: '1 2 3', eval_count: 50, eval_duration: 2_000_000_000 },
  'GET /llama/props': { default_generation_settings: { n_ctx: 16_384 }, build_info: 'b6000', model_path: '/m.gguf' },
  'GET /llama/v1/models': { data: [{ id: 'big', owned_by: 'llamacpp', meta: { n_ctx_train: 99_999 } }] },
  'GET /vllm/version': { version: '0.11.0' },
  'GET /vllm/v1/models': { data: [{ id: 'big', owned_by: 'vllm', max_model_len: 40_960 }] },
  'GET /studio/v1/models': { data: [{ id: 'big' }, { id: 'idle' }] },
  'GET /studio/api/v0/models': {
    data: [
      { id: 'big', state: 'loaded', max_context_length: 131_072, loaded_context_length: 8_192 },
      { id: 'idle', state: 'not-loaded', max_context_length: 131_072 },
    ],
  },
  'GET /lite/v1/models': { data: [{ id: 'big' }] },
  'GET /lite/health/readiness': { status: 'connected', litellm_version: '1.77.0' },
  'GET /lite/model/info': { data: [{ model_name: 'big', model_info: { max_input_tokens: 65_536 } }] },
  'GET /plain/v1/models': { data: [{ id: 'big' }] },
}
/** 20 tokens in pieces; what comes between them is the time that is measured. */
const speak = (response: http.ServerResponse): void => {
  const piece = (content: string) => `data: ${JSON.stringify({ choices: [{ delta: { content } }] })}\n\n`
  response.writeHead(200, { 'content-type': 'text/event-stream' })
  response.write(piece('1 '))
  setTimeout(() => {
    const usage = { prompt_tokens: 9, completion_tokens: 20 }
    response.end(`${piece('2')}data: ${JSON.stringify({ choices: [], usage })}\n\ndata: [DONE]\n\n`)
  }, 20)
}
const prompts: string[] = []
const server = http.createServer((request, response) => {
  const key = `${request.method} ${request.url}`
  if (/generate|completions/.test(key)) prompts.push(key)
  if (request.url?.startsWith('/away/')) response.writeHead(302, { location: request.url.slice('/away'.length) }).end()
  else if (/(?:llama|studio)\/v1\/chat/.test(key)) speak(response)
  else if (answers[key] === undefined) response.writeHead(404).end()
  else response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(answers[key]))
})
let origin = ''
beforeAll(async () => {
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
})
afterAll(() => {
  server.closeAllConnections()
  server.close()
})

const at = (path: string, models: string[], more = {}) => ({ name: path, url: `${origin}/${path}`, models, ...more })
const said = async (servers: ReturnType<typeof at>[], sendsPrompts: boolean) => {
  const found = await localDiagnoses({ local: servers, tunnels: [] }, {}, { sendsPrompts })
  return found.map(({ status, detail, cure }) => ({ status, lines: detail.replaceAll(origin, 'O').split('\n'), cure }))
}

test('each server is shown for what it is, with its models and what they hold', async () => {
  const found = await said(
    [
      at('ollama', ['qwen3:8b', 'tiny']),
      at('llama', ['big']),
      at('vllm', ['big']),
      at('studio', ['big', 'idle']),
      at('lite', ['big']),
      at('plain', ['big']),
      at('plain', ['big'], { context: 4_096 }),
      at('away', ['big']),
    ],
    false,
  )
  expect(found.map(({ status, lines }) => [status, ...lines])).toEqual([
    [
      'ok',
      'O/ollama answers: Ollama 0.12.0, 2 models',
      'qwen3:8b: loaded, context 32,768',
      'tiny: not loaded, context 8,192',
    ],
    ['ok', 'O/llama answers: llama.cpp b6000, 1 model', 'big: loaded, context 16,384'],
    ['ok', 'O/vllm answers: vLLM 0.11.0, 1 model', 'big: loaded, context 40,960'],
    ['ok', 'O/studio answers: LM Studio, 2 models', 'big: loaded, context 8,192', 'idle: not loaded, context not told'],
    [
      'ok',
      'O/lite answers: LiteLLM 1.77.0, 1 model',
      'big: not told whether it is loaded, context 65,536',
      expect.stringContaining('passes requests on'),
    ],
    ['ok', 'O/plain answers: OpenAI-compatible, 1 model', 'big: not told whether it is loaded, context not told'],
    ['ok', 'O/plain answers: OpenAI-compatible, 1 model', 'big: not told whether it is loaded, context 4,096'],
    ['warn', 'O/away did not answer with a list of models'],
  ])
  expect(found[5]?.cure).toContain('context: N')
  expect(found[7]?.cure).toContain('curl')
  expect(prompts).toEqual([])
})

test('of plain http beyond this machine it says what alone encrypts it', async () => {
  const far = { name: 'far', url: 'http://server.invalid:11434', models: ['big'] }
  const [plain, secure, here] = await said(
    [far, { ...far, url: 'https://server.invalid' }, at('plain', ['big'])],
    false,
  )
  expect(plain?.lines[1]).toBe('plain http: nothing but your tunnel encrypts what is sent there')
  expect(secure?.lines).toHaveLength(1)
  expect(here?.lines.join()).not.toContain('plain http')
})

test('what is missing is shown with the line to type', async () => {
  const found = await said([at('ollama', ['qwen3:8b', 'gone:7b']), at('studio', ['gone']), at('vllm', ['gone'])], false)
  expect(found.map(({ status }) => status)).toEqual(['warn', 'warn', 'warn'])
  expect(found.map(({ lines }) => lines.at(-1))).toEqual(['gone:7b: missing', 'gone: missing', 'gone: missing'])
  expect(found[0]?.cure).toBe('On its machine: ollama pull gone:7b')
  expect(found[1]?.cure).toBe('On its machine: lms get gone')
  expect(found[2]?.cure).toContain('Let it serve gone')
})

test('speed is measured by one prompt a model, is never guessed, and what was sent is said', async () => {
  const found = await said([at('ollama', ['qwen3:8b']), at('llama', ['big']), at('vllm', ['big'])], true)
  expect(found[0]?.lines[1]).toBe('qwen3:8b: loaded, context 32,768, 25.0 tokens/s')
  expect(found[1]?.lines[1]).toMatch(/^big: loaded, context 16,384, \d+\.\d tokens\/s$/)
  expect(found[2]?.lines[1]).toMatch(/speed not measured: it answered with 404/)
  expect(found[0]?.lines.at(-1)).toMatch(/sent to each, once: “Count from 1 to 40\.”, at most 64 tokens/)
  expect(prompts.sort()).toEqual([
    'POST /llama/v1/chat/completions',
    'POST /ollama/api/generate',
    'POST /vllm/v1/chat/completions',
  ])
})
