/** What is said of an agent by whom it asks: its vendor, a server of the operator's, or one here and one there. */
import { expect, test } from 'vitest'
import type { AgentState } from '../../src/app/agents.ts'
import { agentCure, agentSentence, agentVerdict } from '../../src/cli/agent-words.ts'

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
