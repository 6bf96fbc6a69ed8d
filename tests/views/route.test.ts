/** `agentlab route`: the lane and why, who could work, whom they would ask; and that it leaves nothing behind. */
import { existsSync, mkdirSync, readdirSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { route } from '../../src/cli/commands/route.ts'
import { callWith } from '../support/call.ts'
import { checkoutDigest } from '../support/checkout-digest.ts'
import { makeRepository, makeScratch, removeScratch, writeFiles } from '../support/git-repository.ts'

const scratch = makeScratch('route')
afterAll(() => removeScratch(scratch))
const home = join(scratch, 'home')
mkdirSync(home)
const root = makeRepository(scratch, {
  'clients/a': '1\n',
  'agentlab.yaml': 'paths: {"clients/**": enterprise, "private/**": private}\nagents: [gemini, claude, codex]\n',
})
writeFiles(home, {
  '.config/agentlab/config.yaml': `
agents: {claude: {model: claude-x}}
lanes: {enterprise: {models: {anthropic: ['claude-*']}}}
local: [{name: mac, url: 'http://127.0.0.1:11434', models: [qwen, gemma]}]
`,
})
const env = {
  PATH: `${resolve('node_modules/.bin')}:${dirname(process.execPath)}:/usr/bin:/bin`,
  HOME: home,
  ANTHROPIC_API_KEY: 'of nobody',
}
const { call } = callWith({ cwd: root, env })
const rows = async (options: Parameters<typeof route>[2]): Promise<string> => {
  const before = checkoutDigest(root)
  const { text } = await route(call, 'Anything', options)
  expect(checkoutDigest(root)).toBe(before)
  expect([readdirSync(home), existsSync(join(home, '.local'))]).toEqual([['.config'], false])
  return text
}

test('tells the lane a file demands, and what that lane allows', async () => {
  expect(await rows({})).toBe(`lane           enterprise
because        no file names a lane, so it is personal
               clients/** is enterprise (agentlab.yaml): it holds for clients/a
workers        gemini: its provider (google) may not see data of lane enterprise
               claude: usable
               codex: its provider (openai) may not see data of lane enterprise
models         anthropic: claude-*
               local: qwen, gemma
upstreams      anthropic: https://api.anthropic.com
               local: http://127.0.0.1:11434
planner        api, then claude
verifier       of claude: nobody: another vendor is needed, or --same-vendor
without a box  rehearsals only`)
})

test('takes a named path for one that a plan would name, and says where nobody could work', async () => {
  const text = await rows({ path: ['docs', './private/x'] })
  expect(text).toMatch(/^lane +private\n[\s\S]*private\/\*\* is private \(agentlab\.yaml\): you name private\/x\n/)
  expect(text).toMatch(/\nplanner +nobody\nverifier +nobody\nwithout a box +never$/)
  const { remarks, json } = await route(call, undefined, { lane: 'private' })
  expect(remarks).toEqual([expect.stringContaining('No worker can be used in lane private')])
  expect(json).toMatchObject({ lane: 'private', required: { lane: 'enterprise' }, providers: ['local'], planners: [] })
})

test('says which of the operator’s servers answers whom, and how near that makes a judge', async () => {
  const home = join(scratch, 'own')
  writeFiles(home, {
    '.config/agentlab/config.yaml': JSON.stringify({
      local: [{ name: 'mac', url: 'http://127.0.0.1:11434', models: ['qwen', 'gemma'] }],
      lanes: { private: { agents: { codex: { provider: 'local', model: 'gemma' } } } },
    }),
  })
  const { call } = callWith({ cwd: root, env: { ...env, HOME: home } })
  const { text, json } = await route(call, undefined, { lane: 'private' })
  expect(text).toContain('codex: usable, on your server mac (gemma)\n')
  expect(text).toContain('planner        codex\n')
  expect(json).toMatchObject({
    workers: expect.arrayContaining([
      { worker: 'codex', answerer: { provider: 'local', model: 'gemma' }, servers: ['mac'], reason: null },
    ]),
  })
})
