import http from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { localDiagnoses } from '../../src/cli/local-diagnoses.ts'

/** Answers as Ollama does; `/openai` as servers do that know its list of models alone; `/away` leads elsewhere. */
const answers: Record<string, unknown> = {
  'GET /api/tags': { models: [{ name: 'qwen3:8b' }, { name: 'tiny:latest' }] },
  'GET /api/ps': { models: [{ name: 'qwen3:8b', context_length: 32_768 }] },
  'POST /api/show': { parameters: 'stop "x"\nnum_ctx                        8192' },
  'GET /openai/v1/models': { data: [{ id: 'big' }] },
}
const server = http.createServer((request, response) => {
  const key = `${request.method} ${request.url}`
  if (request.url?.startsWith('/away/')) response.writeHead(302, { location: request.url.slice('/away'.length) }).end()
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

test('each server is shown with its models and what they hold; what is missing with the line to type', async () => {
  const found = await localDiagnoses([
    { name: 'mac', url: origin, models: ['qwen3:8b', 'tiny'] },
    { name: 'less', url: origin, models: ['qwen3:8b', 'gone:7b'] },
    { name: 'other', url: `${origin}/openai`, models: ['big'] },
    { name: 'said', url: `${origin}/openai`, models: ['big'], context: 4_096 },
    { name: 'away', url: `${origin}/away`, models: ['qwen3:8b'] },
  ])
  expect(found.map(({ what, status, detail }) => `${status} ${what}: ${detail.replaceAll(origin, 'O')}`)).toEqual([
    'ok server mac: O has 2 models; of yours: qwen3:8b (context 32,768), tiny (context 8,192)',
    'warn server less: O has 2 models; of yours: qwen3:8b (context 32,768); missing: gone:7b',
    'ok server other: O/openai has 1 model; of yours: big (context not told)',
    'ok server said: O/openai has 1 model; of yours: big (context 4,096)',
    'warn server away: O/away did not answer with a list of models',
  ])
  expect(found[1]?.cure).toContain('ollama pull gone:7b')
  expect(found[4]?.cure).toContain('curl')
})
