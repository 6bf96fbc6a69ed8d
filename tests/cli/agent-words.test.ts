/** What is said of an agent by whom it asks: its vendor, a server of the operator's, or one here and one there. */
import { expect, test } from 'vitest'
import type { AgentState } from '../../src/app/agents.ts'
import { plainServers } from '../../src/app/own-servers.ts'
import { agentCure, agentSentence, agentVerdict } from '../../src/cli/agent-words.ts'
import type { Lane, Provider, WorkerName } from '../../src/domain/lane.ts'

const installation = { file: '/opt/codex', prefixArgs: [], version: '1.2', prefixes: [] }
const needy = { state: 'missing', needs: 'OPENAI_API_KEY' } as const
const on = (lane: AgentState['own'][number]['lane'], servers: string[], model = 'qwen3:8b') => ({
  lane,
  model,
  servers,
})
const everywhere = (servers: string[]) => [on('enterprise', servers), on('personal', servers), on('private', servers)]
const codex: AgentState = { worker: 'codex', provider: 'openai', installation, broken: null, login: needy, own: [] }
const served = { state: 'usable', kind: 'none', source: 'z640' } as const

test.each<[Partial<AgentState>, string, string, RegExp | undefined]>([
  [{}, 'rehearsal only', 'not logged in (needs OPENAI_API_KEY): 1.2 at /opt/codex', /set OPENAI_API_KEY/],
  [
    { login: { state: 'usable', kind: 'key', source: 'OPENAI_API_KEY' }, own: [on('private', ['z640'])] },
    'usable',
    'usable: 1.2 at /opt/codex, key from OPENAI_API_KEY; in lane private on your server z640 (qwen3:8b)',
    undefined,
  ],
  [
    { own: [on('private', ['z640'])] },
    'usable',
    'usable: 1.2 at /opt/codex, in lane private on your server z640 (qwen3:8b); elsewhere not logged in (needs OPENAI_API_KEY)',
    undefined,
  ],
  [
    { provider: 'local', login: served, own: everywhere(['z640', 'mac']) },
    'usable',
    'usable: 1.2 at /opt/codex, on your servers z640, mac (qwen3:8b)',
    undefined,
  ],
  [
    { provider: 'local', login: served, own: everywhere([]) },
    'rehearsal only',
    'rehearsal only: 1.2 at /opt/codex, on no server of yours (none has qwen3:8b)',
    /docs\/local\.md/,
  ],
  [
    { installation: null, own: everywhere(['z640']) },
    'missing',
    'missing: the program codex is not on PATH',
    /Install/,
  ],
])('%j', (change, verdict, sentence, cure) => {
  const state = { ...codex, ...change }
  expect([agentVerdict(state), agentSentence(state)]).toEqual([verdict, sentence])
  if (cure === undefined) expect(agentCure(state)).toBeUndefined()
  else expect(agentCure(state)).toMatch(cure)
})

test('plain http beyond this machine is said of those servers a run may ask, and of no others', () => {
  const by = (provider: Provider) => ({ provider, model: null, path: null })
  const server = (name: string, url: string) => ({ name, url, models: ['m'] })
  const config: Parameters<typeof plainServers>[1] = {
    lane: 'personal',
    agents: ['claude', 'codex', 'local'],
    agent: { claude: by('anthropic'), codex: by('openai'), gemini: by('google'), local: by('local') },
    lanes: { private: { agents: { codex: { provider: 'local' } } } },
    local: [server('mac', 'http://127.0.0.1:1'), server('lan', 'http://gpu.lan:1'), server('tls', 'https://10.0.0.1')],
  }
  const names = (lane: Lane | null, workers: WorkerName[] | null) =>
    plainServers({ lane, workers }, config).map(({ name }) => name)
  expect(names(null, null)).toEqual(['lan'])
  expect(names('personal', ['claude', 'codex'])).toEqual([])
  expect(names('private', ['codex'])).toEqual(['lan'])
})
