/**
 * A marked secret is sent through lane private by every road the product has. It comes to the local model, which shows
 * that the roads are real, and to nobody else: not to the providers that are configured and whose keys are at hand, not
 * through a proxy, and not into the supervisor's log or the log of events.
 */
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { gzipSync } from 'node:zlib'
import { afterEach, describe, expect, test } from 'vitest'
import { upstreamOf } from '../../src/app/agent-run.ts'
import { receipt } from '../../src/cli/commands/receipt.ts'
import { show } from '../../src/cli/commands/show.ts'
import { parseConfig } from '../../src/config/load.ts'
import { type Lane, Provider } from '../../src/domain/lane.ts'
import { parseScenario } from '../../src/rehearsal/scenario.ts'
import { type Rehearsal, startRehearsal } from '../../src/rehearsal/server.ts'
import { lockHolder } from '../../src/store/lock.ts'
import { inLab, type Lab, until } from '../app/lab.ts'
import { grantFor, startMetered } from '../lanes/upstream.ts'
import { callWith } from '../support/call.ts'
import { startFakeOllama } from '../support/fake-ollama.ts'
import { writeFiles } from '../support/git-repository.ts'
import { type Decoy, startDecoy } from './decoy.ts'
import { holds } from './traces.ts'

const mark = 'ZQX7canary'
/** Each road has a name of its own, so that it can be told which were taken. */
const on = (road: string): string => `${mark}${road}9`

const providers = ['anthropic', 'openai', 'google'] as const
const keys = { ANTHROPIC_API_KEY: 'sk-ant-none', OPENAI_API_KEY: 'sk-none', GEMINI_API_KEY: 'none' }
const decoys: Decoy[] = []
afterEach(async () => {
  for (const decoy of decoys.splice(0)) await decoy.close()
})

/** The operator is logged in everywhere, every provider is a decoy, and so is the proxy of the machine. */
const temptation = async (
  lab: Lab,
  local: readonly object[] = [],
  ofPrivate: object = {},
): Promise<{ wire: () => { to: string; sent: Buffer }[] }> => {
  for (let n = 0; n < 4; n++) decoys.push(await startDecoy())
  const [proxy, ...upstreams] = decoys.map(decoy => decoy.origin)
  writeFiles(lab.env.HOME!, {
    '.config/agentlab/config.yaml': JSON.stringify({
      upstreams: Object.fromEntries(providers.map((provider, index) => [provider, upstreams[index]])),
      local,
      repositories: { [lab.root]: { files: ['.env.test'] } },
      lanes: { personal: { providers: [...providers, 'local'] }, private: ofPrivate },
    }),
  })
  const log = lab.file('wire.log', '')
  const proxies = ['HTTP_PROXY', 'HTTPS_PROXY', 'ALL_PROXY'].flatMap(name => [name, name.toLowerCase()])
  Object.assign(lab.env, keys, Object.fromEntries(proxies.map(name => [name, proxy!])), {
    NODE_USE_ENV_PROXY: '1',
    NODE_OPTIONS: `--import=${resolve('tests/fixtures/programs/record-wire.ts')}`,
    WIRE_LOG: log,
  })
  const wire = () =>
    readFileSync(log, 'utf8')
      .split('\n')
      .filter(line => line !== '')
      .map(line => JSON.parse(line) as { to: string; sent?: string })
      .map(({ to, sent = '' }) => ({ to, sent: Buffer.from(sent, 'base64') }))
  return { wire }
}

const received = (): Buffer => Buffer.concat(decoys.map(decoy => decoy.received()))

const plan = {
  summary: on('Summary'),
  tasks: [{ key: 'one', title: `Do ${on('Title')}`, what: `As ${on('What')} says.`, worker: 'codex' }],
}
const step = (command: string): object => ({ run: command })
const script = {
  planner: [{ steps: [{ question: `Which ${on('Question')}?` }] }, { steps: [{ plan }] }],
  tasks: {
    one: {
      attempts: [
        {
          steps: [
            { read: 'secret.txt' },
            step('cat .env.test'),
            { write: { path: 'bad.txt', content: `${on('Bad')}\n` } },
            step('touch started; until test -e go; do sleep 0.1; done'),
            { commit: `Begin ${on('Commit')}` },
            { answer: `Begun, ${on('Said')}.` },
          ],
        },
        {
          steps: [{ write: { path: 'bad.txt', content: `${on('Diff')}\n` } }, { commit: 'Go on' }, { answer: 'Done.' }],
        },
        { steps: [step('echo more >> bad.txt'), { commit: 'More' }, { answer: 'Done.' }] },
      ],
    },
  },
  defaults: { verifier: { steps: [step('git show HEAD'), step('test -f README.md')], verdict: 'pass' } },
}

const files = {
  'agentlab.yaml': `checks: [{ name: it, command: [sh, -c, 'cat secret.txt .env.test; ! cat bad.txt | grep ${on('Bad')}'] }]\n`,
  'AGENTS.md': `Always think of ${on('Instructions')}.\n`,
  'secret.txt': `${on('Tree')}\n`,
  '.gitignore': '.env.test\n',
}

/** Roads that lead to the model: what was said, done, found and refused along the way. */
const roads = [
  'Goal',
  'Question',
  'Answer',
  'Title',
  'What',
  'Edit',
  'Instructions',
  'Tree',
  'HandedIn',
  'Bad',
  'Commit',
  'Diff',
  'Why',
]

const filesBelow = (dir: string): string[] =>
  readdirSync(dir, { recursive: true, withFileTypes: true })
    .filter(entry => entry.isFile())
    .map(entry => join(entry.parentPath, entry.name))

test(
  'a whole run in lane private, killed, resumed, refused and done again, tells nobody but its model',
  { timeout: 400_000 },
  () =>
    inLab(files, async lab => {
      const { wire } = await temptation(lab)
      writeFileSync(join(lab.root, '.env.test'), `TOKEN=${on('HandedIn')}_and_long_enough\n`)
      lab.accept()
      const said: string[] = []
      const agentlab = async (exit: number, ...args: string[]): Promise<string> => {
        const ended = await lab.cli(...args)
        expect(ended.exit, `${args.join(' ')}\n${ended.stdout}${ended.stderr}`).toBe(exit)
        said.push(ended.stdout, ended.stderr)
        return ended.stdout
      }
      const rehearse = lab.file('scenario.yaml', JSON.stringify(script))
      const crew = ['--agents', 'codex,claude', '--rehearse', rehearse, '--review-plan']
      await agentlab(3, 'task', '--lane', 'private', ...crew, `Do what ${on('Goal')} wants`)
      const [{ runId }] = JSON.parse(await agentlab(0, 'runs', '--json')) as [{ runId: string }]
      await agentlab(3, 'answer', runId, `The ${on('Answer')} one`)
      const text = await agentlab(0, 'edit-plan', runId, '--print')
      await agentlab(
        0,
        'edit-plan',
        runId,
        '--file',
        lab.file('plan.yaml', text.replace('says.', `says, ${on('Edit')}.`)),
      )
      const { hash } = JSON.parse(await agentlab(3, 'approve', runId, '--json')) as { hash: string }
      await agentlab(0, 'approve', runId, '--hash', hash, '--detach')

      const workspace = join(lab.dataDir, 'seats', `${runId}-1.codex`, 'workspace')
      await until('the worker at work', () => existsSync(join(workspace, 'started')))
      process.kill(lockHolder(join(lab.dataDir, 'supervisor.lock'))!.pid, 'SIGKILL')
      writeFileSync(join(workspace, 'go'), '')
      await agentlab(0, 'resume', runId)
      await agentlab(0, 'reject', `${runId}-1`, `It forgets ${on('Why')}`, '--back')
      const { call } = callWith({ cwd: lab.root, env: lab.env })
      const html = join(lab.scratch, 'receipt.html')
      said.push((await show(call, runId)).text, (await receipt(call, runId, {})).text)
      await receipt(call, runId, { html })
      const log = await agentlab(0, 'events', '--json')

      const sent = wire()
      const others = sent.filter(
        ({ to }) => decoys.some(({ port }) => to.endsWith(`:${port}`)) || to.startsWith('name '),
      )
      expect(others).toEqual([])
      expect(received().length).toBe(0)
      const [model, ...more] = new Set(sent.filter(each => each.sent.length > 0).map(({ to }) => to))
      expect([model, more.filter(to => !/^127\.0\.0\.1:/.test(to))]).toEqual([
        expect.stringMatching(/^127\.0\.0\.1:/),
        [],
      ])
      const heard = Buffer.concat(sent.map(each => each.sent))
      expect(roads.filter(road => !holds(heard, on(road)))).toEqual([])

      expect(log).toContain('task.integrated')
      expect(holds(Buffer.from(log), mark)).toBe(false)
      for (const path of filesBelow(lab.dataDir).filter(path => path.endsWith('.log')))
        expect(holds(readFileSync(path), mark), path).toBe(false)
      expect(said.join('')).toContain(on('Title'))
      expect(readFileSync(html, 'utf8')).toContain(on('Diff'))
    }),
)

test('with keys at hand and no local model, a run in lane private is refused before a byte leaves', () =>
  inLab(files, async lab => {
    const { wire } = await temptation(lab)
    const ask = (...args: string[]) => lab.cli(...args, `Do ${on('Goal')}`)
    for (const command of ['task', 'plan']) {
      const { exit, stderr } = await ask(command, '--lane', 'private')
      expect({ exit, said: /may not see data of lane private/.test(stderr) }, stderr).toEqual({ exit: 2, said: true })
    }
    expect(wire()).toEqual([])
    expect(received().length).toBe(0)
    // It would have been seen: the same goal in a lane whose provider may have it.
    await ask('plan', '--lane', 'personal', '--agents', 'claude')
    expect(holds(received(), on('Goal'))).toBe(true)
    expect(wire().some(({ sent }) => holds(sent, on('Goal')))).toBe(true)
  }))

test('a real run in lane private brings it to the local server that is named, and to nobody else', () =>
  inLab(files, async lab => {
    const local = await startDecoy()
    try {
      const { wire } = await temptation(lab, [{ name: 'here', url: local.origin, models: ['qwen3:8b'], wire: 'chat' }])
      const crew = ['--lane', 'private', '--agents', 'local']
      // The server says no to whatever it is asked; what counts is what it was told.
      const { stderr } = await lab.cli('plan', ...crew, `Do ${on('Goal')}`)
      for (const road of ['Goal', 'Instructions']) expect(holds(local.received(), on(road)), stderr).toBe(true)
      expect(received().length).toBe(0)
      const sent = wire().filter(each => each.sent.length > 0)
      expect(new Set(sent.map(({ to }) => to))).toEqual(new Set([`127.0.0.1:${local.port}`]))
    } finally {
      await local.close()
    }
  }))

const played = `
tasks: { one: { attempts: [{ steps: [{ run: cat secret.txt }, { write: { path: a.txt, content: ${on('Diff')} } }, { commit: Write ${on('Commit')} }, { answer: Done. }] }] } }
defaults: { verifier: { steps: [{ run: git show HEAD }, { run: test -f README.md }], verdict: pass } }
`

test('codex judges the local loop on another server of the operator, and what either reads goes to those two alone', () =>
  inLab({ 'secret.txt': `${on('Tree')}\n` }, async lab => {
    const as = (role: 'worker' | 'verifier') =>
      startRehearsal(parseScenario(played, 'server.yaml'), { identity: { role, task: 'one' } })
    const [author, judge] = await Promise.all([as('worker'), as('verifier')])
    const silent = await startDecoy()
    try {
      const servers = [
        { name: 'mac', url: author.origin, models: ['qwen3:8b'] },
        { name: 'z640', url: judge.origin, models: ['gpt-oss:20b'] },
        { name: 'silent', url: silent.origin, models: ['gemma3'] },
      ]
      const agents = {
        codex: { provider: 'local', model: 'gpt-oss:20b' },
        claude: { provider: 'local', model: 'gemma3' },
      }
      const { wire } = await temptation(lab, servers, { agents })
      const plan = lab.file('plan.yaml', 'tasks: [{ key: one, title: Do one, what: Do it., worker: local }]')
      const crew = ['--lane', 'private', '--agents', 'local,codex', '--same-vendor', '--plan', plan]
      const { exit, stderr } = await lab.cli('task', ...crew, `Do ${on('Goal')}`)
      expect(exit, stderr).toBe(0)
      const [{ runId }] = JSON.parse((await lab.cli('runs', '--json')).stdout) as [{ runId: string }]
      const { tasks } = await lab.view(runId)
      expect(tasks).toMatchObject([
        {
          attempts: [{ worker: 'local', answerer: { provider: 'local', model: 'qwen3:8b' } }],
          verdicts: [{ verifier: 'codex', value: 'pass', sameVendor: true, sameModel: false }],
        },
      ])
      const trailers = lab.git('log', '-1', '--format=%(trailers:unfold)', 'agent')
      for (const line of ['Model: local/qwen3:8b', 'Verifier-Model: local/gpt-oss:20b', 'Verdict: pass (same vendor)'])
        expect(trailers).toContain(`AgentLab-${line}`)
      const { stdout } = await lab.cli('receipt', runId)
      expect(stdout.split('NOT PROVEN')[1]).toContain(
        "pass (same vendor): the verifier codex has the author's blind spots",
      )
      expect(stdout).toContain('| local (qwen3:8b) |')
      expect(stdout).toContain('Verdict of codex (local gpt-oss:20b)')

      // A key for the API is at hand, and claude asks elsewhere: nobody plans through the API.
      await lab.cli('plan', '--lane', 'private', '--agents', 'claude', `Do ${on('Plan')}`)
      expect(holds(silent.received(), on('Plan'))).toBe(true)

      const asked = (server: Rehearsal): string[] => server.requests().map(({ path, model }) => `${path} ${model}`)
      expect(new Set(asked(author))).toEqual(new Set(['/v1/messages qwen3:8b']))
      expect(new Set(asked(judge))).toEqual(new Set(['/v1/responses gpt-oss:20b']))
      expect(received().length).toBe(0)
      const sent = wire().filter(each => each.sent.length > 0)
      const own = servers.map(({ url }) => new URL(url).host)
      expect(new Set(sent.map(({ to }) => to))).toEqual(new Set(own))
      const heard = Buffer.concat(sent.map(each => each.sent))
      expect(['Tree', 'Commit', 'Diff'].filter(road => !holds(heard, on(road)))).toEqual([])
    } finally {
      await Promise.all([author.close(), judge.close(), silent.close()])
    }
  }))

/** As a model at home is asked: its answers are found by what it is told, and it holds little. */
const home = {
  plan: {
    tasks: [
      { key: 'look', kind: 'research', title: 'Look', what: `Find ${on('Wanted')}.` },
      { key: 'one', title: 'Do one', what: `As ${on('What')} says.`, dependsOn: ['look'] },
    ],
  },
  tasks: {
    look: { attempts: [{ steps: [{ read: 'secret.txt' }, { answer: `secret.txt:1 says ${on('Found')}` }] }] },
    one: {
      attempts: [
        {
          steps: [
            step(`cat secret.txt; echo ${on('Begun')}`),
            step('touch started; until test -e go; do sleep 0.1; done'),
            ...[1, 2, 3].map(n => step(`seq ${n} 2500`)),
            { write: { path: 'good.txt', content: `${on('Diff')}\n` } },
            { commit: `End ${on('Commit')}` },
            { answer: `Ended, ${on('Said')}.` },
          ],
        },
      ],
    },
  },
  server: { models: [{ name: 'qwen3:8b', context: 8_192 }], overlong: 'refuse' },
  defaults: { verifier: { steps: [step('git show HEAD'), step('test -f README.md')], verdict: 'pass' } },
}

test('a real run by the local loop, steered, killed, taken up again and summed up by its model, tells nobody but the named server', () =>
  inLab({ 'AGENTS.md': files['AGENTS.md'], 'secret.txt': files['secret.txt'] }, async lab => {
    const server = await startFakeOllama(lab.file('home.yaml', JSON.stringify(home)))
    const { wire } = await temptation(lab, [{ name: 'here', url: server.origin, models: ['qwen3:8b'] }])
    const crew = ['--lane', 'private', '--agents', 'local', '--same-vendor', '--detach']
    expect((await lab.cli('task', ...crew, `Do ${on('Goal')}`)).exit).toBe(0)
    const seats = join(lab.dataDir, 'seats')
    const seat = await until('the worker at work', () =>
      (existsSync(seats) ? filesBelow(seats) : []).find(path => path.endsWith('/workspace/started')),
    )
    const [{ runId }] = JSON.parse((await lab.cli('runs', '--json')).stdout) as [{ runId: string }]
    const steered = await lab.cli('steer', `${runId}-2`, `Mind ${on('Steered')}`)
    expect(steered.exit, steered.stderr).toBe(0)
    process.kill(lockHolder(join(lab.dataDir, 'supervisor.lock'))!.pid, 'SIGKILL')
    writeFileSync(join(seat, '../go'), '')
    const { exit, stderr, stdout } = await lab.cli('resume', runId)
    expect(exit, stdout + stderr).toBe(0)
    await server.end()

    expect(received().length).toBe(0)
    const sent = wire().filter(each => each.sent.length > 0)
    const others = sent.filter(({ to }) => to !== new URL(server.origin).host)
    expect(others.map(({ to }) => to)).toEqual([])
    const heard = Buffer.concat(sent.map(each => each.sent))
    const taken = ['Goal', 'Instructions', 'Tree', 'Wanted', 'Found', 'What', 'Begun', 'Steered', 'Diff', 'Commit']
    expect(taken.filter(road => !holds(heard, on(road)))).toEqual([])
    // The summary of what was found, asked of the same model, and the conversation of before the kill.
    expect(holds(heard, 'Summarise for yourself')).toBe(true)
    expect(heard.toString('latin1').split('touch started').length).toBeGreaterThan(2)
  }))

describe('at the gateway,', () => {
  test('a grant of lane private brings the secret to the local server, and to no other whatever is asked', async () => {
    const [local, ...others] = await Promise.all([startDecoy(), startDecoy(), startDecoy(), startDecoy()])
    decoys.push(local, ...others)
    const { gateway } = await startMetered()
    const grant = grantFor('local', local.origin, {
      lane: 'private',
      credential: { kind: 'none', read: async () => '' },
    })
    const token = gateway.issueToken({ ...grant, worker: 'claude', models: ['qwen3:8b'] })
    const ask = async (path: string, more: Record<string, string> = {}): Promise<number> => {
      const headers = { 'content-type': 'application/json', authorization: `Bearer ${token}`, ...more }
      const body = JSON.stringify({
        model: 'qwen3:8b',
        messages: [{ role: 'user', content: on('Gate') }],
        stream: false,
      })
      return (await fetch(`${gateway.origin}${path}`, { method: 'POST', headers, body })).status
    }
    expect(await ask('/local/v1/chat/completions')).toBe(400)
    expect(holds(local.received(), on('Gate'))).toBe(true)
    const before = local.received().length
    const elsewhere = others.map(({ port }) => `127.0.0.1:${port}`)
    for (const path of [
      '/anthropic/v1/messages',
      '/openai/v1/responses',
      '/google/v1beta/models/gemini-2.5-pro:generateContent',
    ])
      expect(await ask(path), path).toBe(403)
    for (const host of elsewhere)
      for (const path of [
        `/local/v1/chat/completions?url=http://${host}`,
        `/local/http://${host}/v1/messages`,
        '/local/api/pull',
      ])
        expect(await ask(path, { 'x-forwarded-host': host, forwarded: `host=${host}` }), path).toBe(403)
    expect(Buffer.concat(others.map(decoy => decoy.received())).length).toBe(0)
    expect(local.received().length).toBe(before)
    await gateway.close()
  })
})

test('no grant leads to a provider that may see no data of its lane, whatever an agent is told to ask', () => {
  const text = JSON.stringify({
    local: [{ name: 'here', url: 'http://127.0.0.1:1', models: ['qwen3:8b'] }],
    lanes: { personal: { providers: [...providers] } },
  })
  const none = { path: '', text: '', exists: false }
  const { effective: config } = parseConfig({ repository: none, operator: { path: '', text, exists: true } })
  const leads = (lane: Lane) =>
    Provider.options.filter(provider => upstreamOf({ lane, config }, provider).upstreams.length > 0)
  expect(leads('private')).toEqual(['local'])
  expect(leads('enterprise')).toEqual(['anthropic', 'local'])
  expect(leads('personal')).toEqual(['anthropic', 'openai', 'google'])
})

test('the search finds the mark however it is packed', () => {
  const word = on('Packed')
  const around = (n: number): Buffer => Buffer.from(`${'x'.repeat(n)}${word}${'y'.repeat(5)}`)
  const packed: Buffer[] = [
    around(0),
    ...[0, 1, 2, 3].map(n => Buffer.from(around(n).toString('base64'))),
    ...[0, 1, 2].map(n => Buffer.from(around(n).toString('base64url'))),
    Buffer.from(around(1).toString('hex').toUpperCase()),
    Buffer.from([...word].map(letter => `%${letter.charCodeAt(0).toString(16)}`).join('')),
    Buffer.from([...word].map(letter => `\\u00${letter.charCodeAt(0).toString(16)}`).join('')),
    gzipSync(around(2)),
    Buffer.concat([Buffer.from('POST / HTTP/1.1\r\n\r\n'), gzipSync(around(2))]),
  ]
  for (const [index, bytes] of packed.entries()) expect(holds(bytes, word), `${index}`).toBe(true)
  for (const bytes of packed) expect(holds(bytes, on('Other'))).toBe(false)
})
