/** Codex and Claude Code on a server of the operator's: the real programs behind a gate that leads there and nowhere else. */
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { ownServerDetail } from '../../../src/app/own-server-words.ts'
import {
  type AttemptRequest,
  findAgent,
  gitIn,
  makeRepository,
  makeSeat,
  openStage,
  runAttempt,
  type Stage,
} from '../../support/agent-attempt.ts'

const scenario = `
tasks:
  work:
    attempts:
      - steps: [{ run: env }, { write: { path: a.txt, content: one } }, { commit: Write a }, { answer: a.txt is committed }]
      - steps: [{ run: test -f a.txt }, { answer: it is still there }]
  structured: { attempts: [{ steps: [{ answer: { verdict: pass, score: 7 } }] }] }
  gone: { attempts: [{ steps: [{ status: { code: 404, message: "model 'qwen3:8b' not found" } }] }] }
  failing: { attempts: [{ steps: [{ status: { code: 500, message: model runner has unexpectedly stopped } }] }] }
  full: { attempts: [{ steps: [{ status: { code: 400, message: "the prompt exceeds the context window of the model" } }] }] }
  drop: { attempts: [{ steps: [{ drop: { afterBytes: 400 } }] }] }
`

const schema = {
  type: 'object',
  properties: { verdict: { type: 'string' }, score: { type: 'number' } },
  required: ['verdict', 'score'],
  additionalProperties: false,
}

const model = 'qwen3:8b'

describe.each([
  { worker: 'codex', path: '/v1/responses' },
  { worker: 'claude', path: '/v1/messages' },
] as const)("$worker on a server of the operator's", { timeout: 60_000 }, ({ worker, path }) => {
  let stage: Stage
  let repository: string

  beforeAll(async () => {
    stage = await openStage(scenario)
    repository = await makeRepository(join(stage.scratch, 'repository'), { 'README.md': '# A repository\n' })
  }, 60_000)
  afterAll(() => stage.close())

  const attempt = async (task: string, more: Partial<AttemptRequest> = {}) => {
    const seat = more.seat ?? (await makeSeat(stage, repository))
    const installation = await findAgent(worker)
    const asking = { worker, installation, seat, task, provider: 'local' as const, model }
    return { seat, result: await runAttempt(stage, { ...asking, ...more }) }
  }

  it('works, goes on with its session, and asks its one model in its one language, without a login', async () => {
    const before = stage.recorder.sent.length
    const { seat, result } = await attempt('work')
    expect(result.end).toMatchObject({ outcome: 'answered', text: 'a.txt is committed' })
    const resume = result.end.sessionId
    const again = await attempt('work', { seat, attempt: 2, resume })
    expect(again.result.end).toMatchObject({ outcome: 'answered', text: 'it is still there', sessionId: resume })
    expect(await gitIn(seat.workspace, 'log', '-1', '--format=%s')).toBe('Write a')

    const sent = stage.recorder.sent.slice(before)
    expect(new Set(sent.map(one => one.path.split('?')[0]))).toEqual(new Set([path]))
    for (const { headers, body } of sent) {
      expect(JSON.parse(body).model).toBe(model)
      expect([headers.authorization, headers['x-api-key']]).toEqual([undefined, undefined])
      // A server may refuse a whole request for one kind of tool it does not know.
      const kinds = (JSON.parse(body).tools as { type?: string }[]).map(({ type = 'function' }) => type)
      expect(new Set(kinds)).toEqual(new Set(['function']))
    }
    // The tool printed its environment: no login of the vendor's, and no address but the gate's.
    expect(sent.map(({ body }) => body).join('')).not.toMatch(/OPENAI_API_KEY|openai\.com|anthropic\.com/)
  })

  it('gives a structured answer', async () => {
    const { result } = await attempt('structured', { schema })
    expect(result.end).toMatchObject({ outcome: 'answered', structured: { verdict: 'pass', score: 7 } })
  })

  it.each([
    ['gone', 'auth'],
    ['failing', 'overloaded'],
    ['full', 'malformed'],
    ['drop', 'network'],
  ] as const)('fails on %s as %s', async (task, failureClass) => {
    const { result } = await attempt(task)
    expect(result.end).toMatchObject({ outcome: 'failed', class: failureClass })
    if (result.end.outcome === 'failed' && task === 'full') expect(result.end.detail).toContain('context window')
  })

  it('is refused a model that is not on the list, and another provider, before anything leaves', async () => {
    const before = stage.recorder.sent.length
    const { result } = await attempt('work', { models: ['gpt-oss:20b'] })
    expect(result.end).toMatchObject({ outcome: 'failed', class: 'auth' })
    expect(result.end.outcome === 'failed' && result.end.detail).toContain('is not allowed in lane')
    const astray = (prepared: { env: Record<string, string>; files: { path: string; content: string }[] }) => ({
      env: Object.fromEntries(Object.entries(prepared.env).map(([name, value]) => [name, elsewhere(value)])),
      files: prepared.files.map(file => ({ ...file, content: elsewhere(file.content) })),
    })
    const other = await attempt('work', { change: prepared => ({ ...prepared, ...astray(prepared) }) })
    expect(other.result.end).toMatchObject({ outcome: 'failed', class: 'auth' })
    expect(stage.recorder.sent.length).toBe(before)
  })
})

const elsewhere = (text: string): string =>
  text.replace(
    /(http:\/\/127\.0\.0\.1:\d+)\/local/,
    (_, origin) => `${origin}/${text.endsWith('/local') ? 'anthropic' : 'openai'}`,
  )

it('says what a 404 of such a server means, for what the CLI says of it helps nobody', () => {
  expect(ownServerDetail('codex', 404, 'unexpected status 404')).toMatch(
    /has no \/v1\/responses.*or not the model.*worker local/,
  )
  expect(ownServerDetail('claude', 404, 'x')).toContain('/v1/messages')
  const told = 'AgentLab: no server answers for qwen3:8b: mac: it does not have the model'
  expect(ownServerDetail('codex', 404, told)).toBe(told)
  expect(ownServerDetail('codex', 404, "unexpected status 404 Not Found: model 'x' not found")).toMatch(
    /does not have the model/,
  )
  expect(ownServerDetail('codex', 500, 'x')).toBe('x')
  expect(ownServerDetail('local', 404, 'x')).toBe('x')
})
