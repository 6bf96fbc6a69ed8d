import { describe, expect, it } from 'vitest'
import { vendorOf, WorkerName } from '../../src/domain/lane.ts'
import { workers } from '../../src/workers/registry.ts'
import type { AttemptInput, PreparedAttempt } from '../../src/workers/worker.ts'

const at = (name: string): string => `/data/seats/t1-claude/${name}`
const input: AttemptInput = {
  role: 'worker',
  seat: {
    root: '/data/seats/t1-claude',
    workspace: at('workspace'),
    home: at('home'),
    agent: at('agent'),
    out: at('out'),
    tmp: at('tmp'),
  },
  installation: { file: '/opt/agent', prefixArgs: ['first'], version: '1.2.3', prefixes: [] },
  provider: 'anthropic',
  model: null,
  prompt: 'Do it.\n',
  schema: null,
  sessionId: '0b1f4c5e-9a55-4f55-8d35-4b2f6f0f2a11',
  resume: null,
  gateway: { origin: 'http://127.0.0.1:4000', token: 'the-attempts-token', credentialKind: 'key' },
  identity: { name: 'Agent', email: 'agent@example.com' },
  path: '/usr/bin:/bin',
}

describe.each(WorkerName.options)('%s', name => {
  const prepare = (change: Partial<AttemptInput> = {}) =>
    workers[name].prepare({ ...input, provider: vendorOf[name], ...change })

  it('gets its prompt on stdin and its token in one variable only', () => {
    const prepared = prepare()
    expect(prepared.stdin).toBe(input.prompt)
    expect(prepared.args[0]).toBe('first')
    expect(JSON.stringify([prepared.args, prepared.files])).not.toContain(input.gateway.token)
    expect(Object.values(prepared.env).filter(value => value === input.gateway.token).length).toBe(1)
  })

  it('inherits nothing of this process', () => {
    const { env } = prepare()
    expect(env.PATH).toBe(input.path)
    expect(env.HOME).toBe(input.seat.home)
    expect(env.TMPDIR).toBe(input.seat.tmp)
    for (const variable of ['USER', 'SSH_AUTH_SOCK', 'NODE_OPTIONS']) expect(env).not.toHaveProperty(variable)
  })

  it('writes its files inside the seat', () => {
    for (const { path } of prepare({ schema: { type: 'object' } }).files)
      expect(path).toMatch(/^\/data\/seats\/t1-claude\//)
  })

  it('talks to its own provider through the gateway', () => {
    const { env, files } = prepare()
    const everything = JSON.stringify([env, files])
    expect(everything).toContain(`http://127.0.0.1:4000/${vendorOf[name]}`)
    expect(everything.match(/http:\/\/127\.0\.0\.1:4000\/\w+/g)?.length).toBe(1)
  })

  it('names the model it is given and refuses one that could be a flag', () => {
    const { args, files } = prepare({ model: 'some-model-7[1m]' })
    expect(JSON.stringify([args, files])).toContain('some-model-7[1m]')
    expect(() => prepare({ model: '--dangerous' })).toThrowError(/not a model name/)
    expect(() => prepare({ model: 'x"\nnotify = ["sh"]' })).toThrowError(/not a model name/)
  })

  it('resumes the session it is told to instead of starting one', () => {
    const resume = '5d0c2f3e-5c1d-4a25-9d3e-30a1d2c2b7aa'
    expect(prepare().args).not.toContain(resume)
    expect(prepare({ resume }).args).toContain(resume)
    expect(prepare({ resume }).args).not.toContain(input.sessionId)
  })

  it('marks what it starts with its role', () => {
    expect(prepare({ role: 'verifier' }).env.AGENTLAB_ROLE).toBe('verifier')
  })
})

describe('claude', () => {
  it('holds a subscription placeholder where a subscription login would stand', () => {
    const { env } = workers.claude.prepare({ ...input, gateway: { ...input.gateway, credentialKind: 'claude-oauth' } })
    expect(env.CLAUDE_CODE_OAUTH_TOKEN).toBe(input.gateway.token)
    expect(env).not.toHaveProperty('ANTHROPIC_API_KEY')
  })
})

describe("on a server of the operator's", () => {
  const own = { ...input, provider: 'local', model: 'qwen3:8b' } as const
  const server = { wire: null, contextTokens: 32_768 }

  it.each(['codex', 'claude', 'local'] as const)('%s talks to the gate of that server alone', name => {
    const { env, files, args } = workers[name].prepare(own)
    const everything = JSON.stringify([env, files, args])
    expect(new Set(everything.match(/http:\/\/127\.0\.0\.1:4000\/\w+/g))).toEqual(
      new Set(['http://127.0.0.1:4000/local']),
    )
    expect(everything).toContain('qwen3:8b')
    expect(everything).not.toMatch(/--oss|openai|anthropic\.com/i)
  })

  it('codex is told how much the model holds, where that is known', () => {
    const config = (more: Partial<AttemptInput>) => workers.codex.prepare({ ...own, ...more }).files[0]!.content
    expect(config({ server })).toContain('\nmodel_context_window = 32768\n')
    expect(config({})).not.toContain('model_context_window')
    expect(config({ provider: 'openai', server })).not.toContain('model_context_window')
  })

  it.each(['codex', 'claude'] as const)('%s leaves it to the run how long a slow server may take', name => {
    const patience = /(?:API_TIMEOUT_MS":"|stream_idle_timeout_ms = )(\d+)/
    const said = ({ env, files }: PreparedAttempt) => Number(patience.exec(JSON.stringify([env, files]))?.[1])
    expect(said(workers[name].prepare(own))).toBe(3_600_000)
    expect(said(workers[name].prepare(input))).toBeLessThan(3_600_000)
  })

  it('claude asks its one model for everything, and in few words', () => {
    const { env, args } = workers.claude.prepare(own)
    expect(args).toContain('--bare')
    const named = Object.entries(env).filter(([name]) => /^ANTHROPIC_DEFAULT_\w+_MODEL$/.test(name))
    expect(named.map(([, value]) => value)).toEqual(Array(3).fill('qwen3:8b'))
    expect(workers.claude.prepare(input).args).not.toContain('--bare')
  })
})
