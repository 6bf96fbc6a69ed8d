/** Each login that works: the real CLI shows its token, the operator's login reaches the provider, and neither meets. */
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { findAgent, makeRepository, makeSeat, openStage, runAttempt, type Stage } from '../../support/agent-attempt.ts'

const login = 'the-operators-own-login'
let stage: Stage
let repository: string

beforeAll(async () => {
  stage = await openStage('tasks: { hello: { attempts: [{ steps: [{ run: env }, { answer: hello }] }] } }')
  repository = await makeRepository(join(stage.scratch, 'repository'), { 'README.md': '# A repository\n' })
})
afterAll(() => stage.close())

test.each([
  { worker: 'claude', kind: 'key', header: 'x-api-key', value: login },
  { worker: 'claude', kind: 'claude-oauth', header: 'authorization', value: `Bearer ${login}` },
  { worker: 'codex', kind: 'key', header: 'authorization', value: `Bearer ${login}` },
  { worker: 'gemini', kind: 'key', header: 'x-goog-api-key', value: login },
] as const)('$worker works with a login of kind $kind, and never sees it', async ({ worker, kind, header, value }) => {
  const before = stage.recorder.sent.length
  const result = await runAttempt(stage, {
    worker,
    installation: await findAgent(worker),
    seat: await makeSeat(stage, repository),
    task: 'hello',
    credentialKind: kind,
    credential: { kind, read: async () => login },
  })
  expect(result.end).toMatchObject({ outcome: 'answered', text: 'hello' })
  const sent = stage.recorder.sent.slice(before)
  expect(sent.length).toBeGreaterThan(0)
  for (const { headers, body, path } of sent) {
    expect(headers[header]).toBe(value)
    expect(Object.values(headers).filter(one => String(one).includes(login))).toHaveLength(1)
    // A subscription is taken only from a client that says it speaks for one.
    if (kind === 'claude-oauth') expect(headers['anthropic-beta']).toContain('oauth-2025-04-20')
    // The tool printed its whole environment into the conversation.
    expect(body + path).not.toContain(login)
  }
  expect(JSON.stringify(result.events)).not.toContain(login)
})
