/** Whom an agent asks is the operator's to say, in general and for one lane; what it can't ask is refused by name. */
import { expect, test } from 'vitest'
import { parseConfig } from '../../src/config/load.ts'
import { AgentLabError } from '../../src/domain/errors.ts'
import type { Lane, WorkerName } from '../../src/domain/lane.ts'
import { answererOf } from '../../src/lanes/answerer.ts'

const servers = "local: [{name: z640, url: 'http://127.0.0.1:1', models: ['qwen3:8b', 'gpt-oss:20b']}]\n"
const load = (operator: string, repository = '') =>
  parseConfig({
    repository: { path: '/repo/agentlab.yaml', text: repository, exists: true },
    operator: { path: '/home/o/config.yaml', text: servers + operator, exists: true },
  }).effective

test.each<[string, WorkerName, Lane, string, string | null]>([
  ['', 'codex', 'private', 'openai', null],
  ['', 'local', 'private', 'local', 'qwen3:8b'],
  ['agents: {codex: {model: gpt-5.5}}', 'codex', 'personal', 'openai', 'gpt-5.5'],
  ['agents: {codex: {provider: local, model: "gpt-oss:20b"}}', 'codex', 'personal', 'local', 'gpt-oss:20b'],
  ['agents: {codex: {provider: local}}', 'codex', 'private', 'local', 'qwen3:8b'],
  [
    'agents: {codex: {provider: local}}\nlanes: {private: {models: {local: [gpt*]}}}',
    'codex',
    'private',
    'local',
    'gpt-oss:20b',
  ],
  ['agents: {claude: {provider: local}}', 'claude', 'enterprise', 'local', 'qwen3:8b'],
  ['lanes: {private: {agents: {codex: {provider: local}}}}', 'codex', 'private', 'local', 'qwen3:8b'],
  ['lanes: {private: {agents: {codex: {provider: local}}}}', 'codex', 'personal', 'openai', null],
  // The model of another provider does not come along.
  [
    'agents: {codex: {model: gpt-5.5}}\nlanes: {private: {agents: {codex: {provider: local}}}}',
    'codex',
    'private',
    'local',
    'qwen3:8b',
  ],
  [
    'agents: {codex: {provider: local}}\nlanes: {personal: {agents: {codex: {model: gpt-5.5}}}}',
    'codex',
    'personal',
    'openai',
    'gpt-5.5',
  ],
  ['lanes: {private: {agents: {local: {model: "gpt-oss:20b"}}}}', 'local', 'private', 'local', 'gpt-oss:20b'],
])('%s: %s in lane %s asks %s for %s', (operator, worker, lane, provider, model) => {
  expect(answererOf(worker, lane, load(operator))).toEqual({ provider, model })
})

test.each([
  [
    'agents: {gemini: {provider: local}}',
    'agents.gemini.provider must not be local: gemini speaks a wire that no server of yours speaks',
  ],
  ['agents: {claude: {provider: openai}}', 'agents.claude.provider must not be openai: claude asks anthropic or local'],
  ['agents: {local: {provider: google}}', 'agents.local.provider must not be google: local asks local'],
  [
    'lanes: {personal: {agents: {gemini: {provider: local}}}}',
    'lanes.personal.agents.gemini.provider must not be local',
  ],
  ['lanes: {private: {agents: {codex: {provider: openai}}}}', 'openai sees no data of lane private'],
  ['lanes: {private: {agents: {codex: {path: /bin/codex}}}}', 'path'],
  ['agents: {codex: {provider: ollama}}', 'agents.codex.provider'],
])('%s is refused', (operator, said) => {
  try {
    load(operator)
  } catch (error) {
    expect(error).toBeInstanceOf(AgentLabError)
    expect(error).toMatchObject({ exit: 2, message: expect.stringContaining(said) })
    return
  }
  throw new Error('was accepted')
})

test("a repository can't say whom an agent asks", () => {
  expect(() => load('', 'agents: {codex: {provider: local}}')).toThrow(AgentLabError)
  expect(() => load('', 'lanes: {private: {agents: {codex: {provider: local}}}}')).toThrow(AgentLabError)
})
