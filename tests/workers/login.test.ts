import { describe, expect, it } from 'vitest'
import { vendorOf, type WorkerName } from '../../src/domain/lane.ts'
import { detectLogin, type Login, type LoginPlaces, readCredential } from '../../src/workers/login.ts'

const secret = 'sk-the-operators-own'
const places = (given: Partial<LoginPlaces> & { files?: Record<string, unknown> }): LoginPlaces => ({
  env: {},
  home: '/home/op',
  now: 1_000,
  platform: 'linux',
  readFile: async path => {
    const content = given.files?.[path]
    return content === undefined ? null : typeof content === 'string' ? content : JSON.stringify(content)
  },
  ...given,
})

const claudeFile = '/home/op/.claude/.credentials.json'
const codexFile = '/home/op/.codex/auth.json'
const oauth = (expiresAt: number) => ({ [claudeFile]: { claudeAiOauth: { accessToken: secret, expiresAt } } })

describe('a login is', () => {
  const cases: [string, WorkerName, Parameters<typeof places>[0], Partial<Login>][] = [
    [
      'a key in the environment',
      'claude',
      { env: { ANTHROPIC_API_KEY: secret } },
      { state: 'usable', source: 'ANTHROPIC_API_KEY' },
    ],
    [
      'a subscription token in the environment',
      'claude',
      { env: { CLAUDE_CODE_OAUTH_TOKEN: secret } },
      { state: 'usable', kind: 'claude-oauth' },
    ],
    [
      'a subscription login on disk',
      'claude',
      { files: oauth(2_000) },
      { state: 'usable', kind: 'claude-oauth', source: claudeFile },
    ],
    [
      'a console key on disk',
      'claude',
      { files: { '/home/op/.claude.json': { primaryApiKey: secret } } },
      { state: 'usable', kind: 'key' },
    ],
    [
      'an OpenAI key on disk',
      'codex',
      { files: { [codexFile]: { OPENAI_API_KEY: secret } } },
      { state: 'usable', kind: 'key', source: codexFile },
    ],
    [
      'an OpenAI key in the environment',
      'codex',
      { env: { OPENAI_API_KEY: secret } },
      { state: 'usable', source: 'OPENAI_API_KEY' },
    ],
    [
      'a Google key in the environment',
      'gemini',
      { env: { GOOGLE_API_KEY: secret } },
      { state: 'usable', source: 'GOOGLE_API_KEY' },
    ],
    [
      'a Gemini key in its own env file',
      'gemini',
      { files: { '/home/op/.gemini/.env': `export GEMINI_API_KEY="${secret}"\n` } },
      { state: 'usable', kind: 'key' },
    ],
  ]
  it.each(cases)('usable: %s', async (_, worker, given, expected) => {
    const login = await detectLogin(vendorOf[worker], places(given))
    expect(login).toMatchObject(expected)
    expect(JSON.stringify(login)).not.toContain(secret)
    expect((await readCredential(vendorOf[worker], places(given)))?.secret).toBe(secret)
  })

  const useless: [string, WorkerName, Parameters<typeof places>[0]][] = [
    ['a subscription login that has ended', 'claude', { files: oauth(500) }],
    [
      'a ChatGPT login',
      'codex',
      { files: { [codexFile]: { OPENAI_API_KEY: null, tokens: { access_token: secret } } } },
    ],
    ['a Google account', 'gemini', { files: { '/home/op/.gemini/oauth_creds.json': { access_token: secret } } }],
  ]
  it.each(useless)('there but of no use yet: %s', async (_, worker, given) => {
    const login = await detectLogin(vendorOf[worker], places(given))
    expect(login.state).toBe('loggedInUnusable')
    expect(JSON.stringify(login)).not.toContain(secret)
    expect(await readCredential(vendorOf[worker], places(given))).toBeNull()
  })

  it.each(['claude', 'codex', 'gemini'] as const)('missing for %s: empty variables, broken files', async worker => {
    const env = { ANTHROPIC_API_KEY: '', OPENAI_API_KEY: ' ', GEMINI_API_KEY: '' }
    const files = { [claudeFile]: '{"claudeAiOauth":', [codexFile]: '[]', '/home/op/.gemini/oauth_creds.json': 'nope' }
    expect((await detectLogin(vendorOf[worker], places({ env, files }))).state).toBe('missing')
  })

  it('says on a Mac that the Keychain is not looked at', async () => {
    expect(await detectLogin('anthropic', places({ platform: 'darwin' }))).toMatchObject({
      needs: expect.stringContaining('Keychain is not looked at'),
    })
  })
})
