/** The official clients against a gateway process: what they get, what is refused and how, and what is counted. */
import { once } from 'node:events'
import { statSync } from 'node:fs'
import type { ServerResponse } from 'node:http'
import Anthropic from '@anthropic-ai/sdk'
import Database from 'better-sqlite3'
import OpenAI from 'openai'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { parseScenario } from '../../src/rehearsal/scenario.ts'
import { type Rehearsal, startRehearsal } from '../../src/rehearsal/server.ts'
import { openToolRequests } from '../../src/store/tool-requests.ts'
import { type Seen, startUpstream, type Upstream } from '../lanes/upstream.ts'
import { makeWorld, type Running, requestsDb, runGateway, startGatewayProcess, type World } from './gateway-process.ts'

const scenario = `tasks:
  a:
    attempts:
      - steps:
          - answer: Hello from the model.
`

/** A server whose streams a test holds in its hands. */
const held: ServerResponse[] = []
const part = (text: string): string =>
  `data: ${JSON.stringify({ id: 'c', object: 'chat.completion.chunk', created: 0, model: 'slow', choices: [{ index: 0, delta: { content: text }, finish_reason: null }] })}\n\n`
let arrived = (): void => {}
const serveSlowly = (response: ServerResponse, { url }: Seen): void => {
  if (url.endsWith('/embeddings')) {
    const body = { object: 'list', model: 'slow', data: [{ object: 'embedding', index: 0, embedding: [0.5] }] }
    response.writeHead(200, { 'content-type': 'application/json', 'access-control-allow-origin': '*' })
    response.end(JSON.stringify({ ...body, usage: { prompt_tokens: 3, total_tokens: 3 } }))
    return
  }
  response.writeHead(200, { 'content-type': 'text/event-stream' })
  response.write(part('first'))
  held.push(response)
  arrived()
}
const nextHeld = async (): Promise<ServerResponse> => {
  if (held.length === 0) await new Promise<void>(resolve => (arrived = resolve))
  return held.shift()!
}

let rehearsal: Rehearsal
let slow: Upstream
let world: World
let running: Running

const configFor = (more: string): string => `local:
  - { name: mac, url: "${rehearsal.origin}", models: ["qwen3:8b", "kept:1b"] }
  - { name: gpu, url: "${slow.origin}", models: ["slow"] }
upstreams: { anthropic: "${rehearsal.origin}", openai: "${rehearsal.origin}", google: "${rehearsal.origin}" }
lanes:
  enterprise: { models: { anthropic: [claude-sonnet-5-5, "claude-haiku-*"], local: ["qwen3:8b"] } }
  personal: { providers: [anthropic, google, openai, local], models: { openai: [gpt-5], google: [gemini-3-pro] } }
${more}`

beforeAll(async () => {
  rehearsal = await startRehearsal(parseScenario(scenario, 'test.yaml'), { identity: { role: 'worker', task: 'a' } })
  slow = await startUpstream(serveSlowly)
  world = makeWorld(configFor(''), { ANTHROPIC_API_KEY: 'sk-ant-operator', OPENAI_API_KEY: 'sk-operator' })
  running = await startGatewayProcess(world)
})
afterAll(async () => {
  await running.end('SIGTERM')
  await rehearsal.close()
  await slow.close()
  world.remove()
})

const openai = (of = running, apiKey = of.token()): OpenAI => new OpenAI({ baseURL: of.openai, apiKey, maxRetries: 0 })
const anthropic = (of = running, apiKey = of.token()): Anthropic =>
  new Anthropic({ baseURL: of.anthropic, apiKey, authToken: null, maxRetries: 0 })
const messages = [{ role: 'user' as const, content: 'Hello' }]
const chat = (model: string, of = running) => openai(of).chat.completions.create({ model, messages })
const say = (model: string, of = running) => anthropic(of).messages.create({ model, messages, max_tokens: 100 })

/** How a request failed: status and message, as the client tells them. */
const failure = async (asked: Promise<unknown>): Promise<{ status: unknown; message: string; code?: unknown }> => {
  try {
    await asked
  } catch (error) {
    return error as { status: unknown; message: string }
  }
  throw new Error('it did not fail')
}

const rows = (of = world) => {
  const requests = openToolRequests(requestsDb(of))
  try {
    return requests.since(0)
  } finally {
    requests.close()
  }
}

describe('what the clients get', () => {
  test('one name for each lane and model, in both shapes, and only what can be asked', async () => {
    const names = [
      'enterprise/claude-sonnet-5-5',
      'enterprise/qwen3:8b',
      'personal/gpt-5',
      'personal/qwen3:8b',
      'personal/kept:1b',
      'personal/slow',
      'private/qwen3:8b',
      'private/kept:1b',
      'private/slow',
    ]
    expect(running.models).toEqual(names)
    expect((await openai().models.list()).data.map(({ id }) => id)).toEqual(names)
    expect((await anthropic().models.list()).data.map(({ id }) => id)).toEqual(names)
    expect(await openai().models.retrieve('private/qwen3:8b')).toMatchObject({ object: 'model', owned_by: 'local' })
    expect((await failure(openai().models.retrieve('private/claude-sonnet-5-5'))).status).toBe(403)
  })

  test.each(['private/qwen3:8b', 'enterprise/claude-sonnet-5-5', 'enterprise/claude-haiku-9', 'personal/gpt-5'])(
    'a chat with %s, whole and streamed',
    async model => {
      const whole = await chat(model)
      expect(whole.choices[0]!.message.content).toBe('Hello from the model.')
      // The provider's own name, as in its answer.
      expect(whole.model).toBe(model.split('/')[1])
      let text = ''
      for await (const chunk of await openai().chat.completions.create({ model, messages, stream: true }))
        text += chunk.choices[0]?.delta.content ?? ''
      expect(text).toBe('Hello from the model.')
    },
  )

  test.each(['private/qwen3:8b', 'enterprise/claude-sonnet-5-5'])(
    'a message of %s, whole and streamed',
    async model => {
      expect((await say(model)).content).toMatchObject([{ type: 'text', text: 'Hello from the model.' }])
      const stream = anthropic().messages.stream({ model, messages, max_tokens: 100 })
      expect((await stream.finalMessage()).content).toMatchObject([{ text: 'Hello from the model.' }])
    },
  )

  test('a response, whole and streamed, a count of tokens, an embedding', async () => {
    const asked = { model: 'personal/gpt-5', input: 'Hello' }
    expect((await openai().responses.create(asked)).output_text).toBe('Hello from the model.')
    const types: string[] = []
    for await (const event of await openai().responses.create({ ...asked, stream: true })) types.push(event.type)
    expect(types.at(-1)).toBe('response.completed')
    const count = await anthropic().messages.countTokens({ model: 'enterprise/claude-sonnet-5-5', messages })
    expect(count.input_tokens).toBeGreaterThan(0)
    const input = { model: 'private/slow', input: 'Hello', encoding_format: 'float' as const }
    expect((await openai().embeddings.create(input)).data[0]!.embedding).toEqual([0.5])
  })

  test('chat reaches each provider at the address it documents, with its key and never with the token', async () => {
    const paths = rehearsal.requests().map(({ path }) => path)
    expect(new Set(paths)).toEqual(
      new Set(['/v1/chat/completions', '/v1/messages', '/v1/responses', '/v1/messages/count_tokens']),
    )
    const seen = slow.seen.at(-1)!
    expect(JSON.parse(seen.body)).toMatchObject({ model: 'slow' })
    expect(JSON.stringify(seen.headers)).not.toContain(running.token())
  })
})

describe('what is refused, in the shape of the wire', () => {
  test('no token, and a wrong one', async () => {
    const wrong = `sk-agentlab-${'x'.repeat(43)}`
    for (const key of [wrong, 'sk-ant-operator']) {
      const { status, message } = await failure(openai(running, key).chat.completions.create({ model: 'x', messages }))
      expect([status, message]).toEqual([401, expect.stringContaining('AgentLab: the token is missing or not the one')])
    }
    expect(await failure(anthropic(running, wrong).models.list())).toBeInstanceOf(Anthropic.AuthenticationError)
    expect((await fetch(`${running.openai}/models`)).status).toBe(401)
  })

  test.each([
    ['enterprise/kept:1b', 403, 'is not offered in lane enterprise, whose data is for anthropic, local'],
    ['private/claude-sonnet-5-5', 403, 'is not offered in lane private, whose data is for local'],
    ['personal/claude-sonnet-5-5', 403, 'lanes: {personal: {models: {anthropic: [<model>]}}}'],
    ['personal/gemini-3-pro', 403, 'there is no API key for google (put one into GEMINI_API_KEY)'],
    ['qwen3:8b', 400, 'is no name of this gateway: say a lane and a model'],
    ['Private/qwen3:8b', 400, 'is no name of this gateway'],
    ['private/', 400, 'is no name of this gateway'],
  ])('%s', async (model, status, message) => {
    for (const ask of [chat, say])
      expect(await failure(ask(model))).toMatchObject({ status, message: expect.stringContaining(message) })
  })

  test('a wire that the provider does not speak, saying which it does', async () => {
    const asked = failure(say('personal/gpt-5'))
    const sentence = 'openai does not take /v1/messages; ask it at /v1/chat/completions or /v1/responses'
    expect(await asked).toMatchObject({ status: 400, message: expect.stringContaining(sentence) })
    const answer = failure(openai().responses.create({ model: 'enterprise/claude-sonnet-5-5', input: 'x' }))
    expect(await answer).toMatchObject({ status: 400, message: expect.stringContaining('anthropic does not take') })
  })

  test('what no gate lets through', async () => {
    const search = { model: 'personal/gpt-5', messages, web_search_options: {} }
    expect(await failure(openai().chat.completions.create(search))).toMatchObject({ status: 403 })
    const kept = { model: 'personal/gpt-5', messages, store: true }
    expect(await failure(openai().chat.completions.create(kept))).toMatchObject({ status: 403 })
    expect((await fetch(`${running.openai}/files`, { headers: bearer() })).status).toBe(403)
  })
})

const bearer = (of = running): Record<string, string> => ({ authorization: `Bearer ${of.token()}` })

describe('streams that do not end as they should', () => {
  afterEach(() => void held.splice(0).forEach(response => void response.destroy()))

  test('parts come as the server writes them, and a client that leaves ends the server’s work', async () => {
    const stream = await openai().chat.completions.create({ model: 'private/slow', messages, stream: true })
    const server = await nextHeld()
    const parts = stream[Symbol.asyncIterator]()
    // The server waits until its first part was read.
    expect((await parts.next()).value?.choices[0]?.delta.content).toBe('first')
    server.write(part('second'))
    expect((await parts.next()).value?.choices[0]?.delta.content).toBe('second')
    const gone = once(server, 'close')
    stream.controller.abort()
    await gone
  })

  test('a server that dies in the middle is an error for the client, not an end', async () => {
    const stream = await openai().chat.completions.create({ model: 'private/slow', messages, stream: true })
    const server = await nextHeld()
    const read = async (): Promise<void> => {
      for await (const _ of stream) server.destroy()
    }
    await expect(read()).rejects.toThrow()
  })

  test('both are counted, as not measured', async () => {
    while (rows().filter(({ model }) => model === 'slow').length < 3) await new Promise(done => setTimeout(done, 10))
    expect(rows().filter(({ model, lane }) => model === 'slow' && lane === 'private')).toMatchObject([
      { provider: 'local', status: 200, input: 3, output: 0 },
      { provider: 'local', status: 200, input: null, output: null },
      { provider: 'local', status: 200, input: null, output: null },
    ])
  })
})

test('what was counted is shown by lane and model, and holds no word of what was said', async () => {
  const { stdout, code } = await runGateway(world, ['--usage'])
  expect(code).toBe(0)
  expect(stdout).toMatch(/^Model +Requests +Tokens in +Of them cached +Tokens out +Money$/m)
  expect(stdout).toMatch(/^private\/qwen3:8b +4 /m)
  expect(stdout).toMatch(/^enterprise\/claude-sonnet-5-5 +5 /m)
  expect(JSON.stringify(rows())).not.toMatch(/Hello/)
})

test('a second gateway on the same port says who has it, and the first goes on', async () => {
  const port = new URL(running.openai).port
  const second = await runGateway(world, ['--port', port])
  expect(second.code).toBe(2)
  expect(second.stderr).toContain(`port ${port}: a gateway has it: process ${running.child.pid}, since `)
  expect((await openai().models.list()).data.length).toBeGreaterThan(0)
})

describe('a gateway of its own', () => {
  const inWorld = async (
    config: string,
    env: Record<string, string>,
    work: (of: Running, its: World) => Promise<void>,
  ) => {
    const its = makeWorld(configFor(config), env)
    const of = await startGatewayProcess(its)
    try {
      await work(of, its)
    } finally {
      await of.end('SIGKILL')
      its.remove()
    }
  }

  test('never uses a subscription, and says so', () =>
    inWorld('', { CLAUDE_CODE_OAUTH_TOKEN: 'sk-ant-oat01-subscription' }, async of => {
      expect(of.models.filter(name => name.includes('claude'))).toEqual([])
      const before = rehearsal.requests().length
      expect(await failure(say('enterprise/claude-sonnet-5-5', of))).toMatchObject({
        status: 403,
        message: expect.stringContaining('is a subscription, which serves claude alone and is never used here'),
      })
      expect(rehearsal.requests()).toHaveLength(before)
    }))

  test('keeps a limit of its day over a restart, and says when it begins anew', () =>
    inWorld('gateway: { lanes: { private: { requestsPerDay: 2 } } }', {}, async (of, its) => {
      await chat('private/qwen3:8b', of)
      await say('private/qwen3:8b', of)
      const said = await failure(chat('private/qwen3:8b', of))
      expect(said).toMatchObject({
        status: 429,
        message: expect.stringMatching(
          /limit of 2 requests a day in lane private is reached; it begins anew at .* UTC/,
        ),
      })
      await chat('personal/qwen3:8b', of)
      expect(await of.end('SIGTERM')).toBe(130)
      const again = await startGatewayProcess(its)
      expect(await failure(say('private/qwen3:8b', again))).toBeInstanceOf(Anthropic.RateLimitError)
      await again.end('SIGINT')
    }))

  test('lets nothing more leave once what left can not be written down', () =>
    inWorld('', {}, async (of, its) => {
      const db = new Database(requestsDb(its))
      db.exec('ALTER TABLE requests RENAME TO kept')
      // Counted after its end, so another may still slip in beside it.
      let answered = 0
      const untilRefused = async (): Promise<void> => {
        for (;;) {
          await chat('private/qwen3:8b', of)
          answered++
        }
      }
      const said = 'the limits could not be checked'
      expect(await failure(untilRefused())).toMatchObject({ status: 403, message: expect.stringContaining(said) })
      db.exec('ALTER TABLE kept RENAME TO requests')
      db.close()
      await chat('private/qwen3:8b', of)
      await of.end('SIGTERM')
      // Nothing was forgotten meanwhile.
      expect(answered).toBeGreaterThan(0)
      expect(rows(its)).toHaveLength(answered + 1)
    }))

  test('has one token, readable by nobody else, that is renewed while it runs', () =>
    inWorld('', {}, async (of, its) => {
      const old = of.token()
      expect(statSync(of.tokenPath).mode & 0o777).toBe(0o600)
      expect((await runGateway(its, ['--show-token'])).stdout).toBe(`${old}\n`)
      const stream = await openai(of).chat.completions.create({ model: 'private/slow', messages, stream: true })
      const gone = once(await nextHeld(), 'close')
      const renewed = await runGateway(its, ['--new-token'])
      expect(`${renewed.stdout}${renewed.stderr}`).not.toMatch(/sk-agentlab-/)
      expect(of.token()).not.toBe(old)
      expect((await failure(openai(of, old).models.list())).status).toBe(401)
      // What ran with the old one was cut.
      await gone
      stream.controller.abort()
      expect((await openai(of).models.list()).data.length).toBeGreaterThan(0)
    }))
})
