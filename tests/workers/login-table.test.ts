/** The table of logins in docs/gateway.md is what the code answers, for a home of each kind. */
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { vendorOf } from '../../src/domain/lane.ts'
import { refusedAnywhere, refusedAtTop } from '../../src/lanes/gateway/body-rules.ts'
import { detectLogin, type LoginPlaces } from '../../src/workers/login.ts'

const root = join(import.meta.dirname, '../..')
const paper = readFileSync(join(root, 'docs/gateway.md'), 'utf8')

const at = (places: Partial<LoginPlaces>, files: Record<string, unknown> = {}): LoginPlaces => ({
  env: {},
  home: '/home/op',
  now: 1_000,
  platform: 'linux',
  readFile: async path =>
    (typeof files[path] === 'object' ? JSON.stringify(files[path]) : (files[path] as string)) ?? null,
  ...places,
})
const env = (name: string): LoginPlaces => at({ env: { [name]: 'secret' } })
const file = (path: string, content: unknown): LoginPlaces => at({}, { [`/home/op/${path}`]: content })
const subscription = (expiresAt: number) =>
  file('.claude/.credentials.json', { claudeAiOauth: { accessToken: 'secret', expiresAt } })

/** By CLI and login, as the table names them. */
const homes: Record<string, LoginPlaces> = {
  'claude | API key in the environment': env('ANTHROPIC_API_KEY'),
  'claude | API key of the console, on disk': file('.claude.json', { primaryApiKey: 'secret' }),
  'claude | long-lived token of `claude setup-token`': env('CLAUDE_CODE_OAUTH_TOKEN'),
  'claude | Claude subscription, on disk': subscription(2_000),
  'claude | Claude subscription that has expired': subscription(500),
  'claude | Claude subscription in the macOS Keychain': at({ platform: 'darwin' }),
  'claude | Amazon Bedrock or Google Vertex AI': env('CLAUDE_CODE_USE_BEDROCK'),
  'codex | API key in the environment': env('OPENAI_API_KEY'),
  'codex | API key, on disk': file('.codex/auth.json', { OPENAI_API_KEY: 'secret' }),
  'codex | ChatGPT': file('.codex/auth.json', { OPENAI_API_KEY: null, tokens: { access_token: 'secret' } }),
  'gemini | API key in the environment': env('GEMINI_API_KEY'),
  'gemini | API key in its `.env`': file('.gemini/.env', 'GEMINI_API_KEY=secret\n'),
  'gemini | Google login': file('.gemini/oauth_creds.json', { access_token: 'secret' }),
  'gemini | Google Vertex AI': env('GOOGLE_GENAI_USE_VERTEXAI'),
}

const answers = { usable: 'works', loggedInUnusable: 'refused', missing: 'not tried' }

const table = paper.slice(paper.indexOf('<!-- logins -->'), paper.indexOf('<!-- end -->'))
const rows = [...table.matchAll(/^\| (claude|codex|gemini) \| (.+?) \| (.+?) \| (.+?) \|$/gm)].map(
  ([, cli, login, answer, why]) => ({ cli: cli as 'claude', login: `${cli} | ${login}`, answer, why: why! }),
)

test('the table has a row for each kind of home, and no other', () => {
  expect(rows.map(({ login }) => login).sort()).toEqual(Object.keys(homes).sort())
})

test.each(rows)('$login: $answer', async ({ cli, login, answer, why }) => {
  const found = await detectLogin(vendorOf[cli], homes[login]!)
  expect(answers[found.state]).toBe(answer)
  // What works names its test; what is refused names the way out, in the table and to the operator.
  if (answer === 'works') expect(existsSync(join(root, why.replaceAll('`', '')))).toBe(true)
  if (found.state === 'loggedInUnusable') expect(found.needs).toMatch(/run `claude`|API key in [A-Z_]+/)
})

test('the paper names every field that the gateway refuses', () => {
  const spelled = new Set([...paper.matchAll(/`(\w+)`/g)].map(([, name]) => name!.toUpperCase().replaceAll('_', '')))
  const refused = [...Object.values(refusedAtTop), refusedAnywhere].flatMap(names => [...names])
  expect(refused.filter(name => !spelled.has(name))).toEqual([])
})
