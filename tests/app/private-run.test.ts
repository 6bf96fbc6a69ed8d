/** Lane private with the local loop alone: planned, worked on and verified by one model, with no network but its gate. */
import { expect, test } from 'vitest'
import { AgentLabError } from '../../src/domain/errors.ts'
import { startFakeOllama } from '../support/fake-ollama.ts'
import { inLab, onePlan, renderReceipt, writeFiles } from './lab.ts'

const scenarioText = `
goal: Two files.
plan:
  summary: Two files that have nothing to do with each other.
  tasks:
    - { key: one, title: Write one, what: Write one.txt., paths: [one.txt] }
    - { key: two, title: Write two, what: Write two.txt., paths: [two.txt] }
planner:
  - steps:
      - run: ls
      - plan:
          summary: Two files that have nothing to do with each other.
          tasks:
            - { key: one, title: Write one, what: Write one.txt., paths: [one.txt] }
            - { key: two, title: Write two, what: Write two.txt., paths: [two.txt] }
tasks:
  one:
    attempts:
      - steps:
          - write: { path: one.txt, content: "one\\n" }
          # The way out is closed, also to what the model runs.
          - run: "! (exec 3<>/dev/tcp/192.0.2.1/80) 2>/dev/null && ! getent hosts example.com"
          - commit: Write one
          - answer: one.txt is committed.
  two:
    attempts:
      - steps:
          # A weak model: talk instead of a call, a list where a line belongs, arguments that are not JSON.
          - answer: I will now write the file.
          - call: { tool: write_file, input: { file_path: two.txt, contents: "zwei\\n" } }
          - mangled: { tool: edit, text: "{'path': two.txt" }
          - call: { tool: edit, input: { path: two.txt, old_string: zwei, new_string: two } }
          - call: { tool: run, input: { command: [git, add, two.txt] } }
          - commit: Write two
          - answer: two.txt is committed.
defaults:
  verifier: { steps: [{ run: git show HEAD }, { run: test -f README.md }], verdict: pass }
`

test('plan, two tasks and their verdicts by one local model end done, and the receipt says how near the judge was', () =>
  inLab({}, async lab => {
    const wish = { scenarioText, lane: 'private' as const, workers: ['local' as const] }
    const refusal = await lab.run(wish).catch((error: unknown) => error)
    expect(refusal).toBeInstanceOf(AgentLabError)
    expect(refusal).toMatchObject({ code: 'one-vendor', exit: 2 })

    const view = await lab.run({ ...wish, sameVendor: true })
    const told = view.tasks.map(task => ({ state: task.state, worker: task.worker, attempts: task.attempts.length }))
    expect(told).toEqual(Array(2).fill({ state: 'integrated', worker: 'local', attempts: 1 }))
    expect(view).toMatchObject({
      outcome: 'done',
      lane: 'private',
      planOrigin: 'model',
      planning: { planner: 'local' },
    })
    expect(lab.git('show', 'agent:one.txt')).toBe('one')
    expect(lab.git('show', 'agent:two.txt')).toBe('two')
    expect(lab.git('rev-parse', 'local')).toMatch(/^[0-9a-f]{40}$/)

    const [before, notProven] = renderReceipt(view).split('## NOT PROVEN')
    expect(before).toMatch(/private/)
    expect(before).toMatch(/\*\*pass \(same model\)\*\*/)
    expect(notProven?.match(/pass \(same model\)/g)).toHaveLength(2)
    expect(lab.git('log', '--format=%(trailers)', '-1', 'agent')).toContain('AgentLab-Verdict: pass (same model)')
  }))

test('codex and the local loop on one model of the operator are author and judge of one model, and the verdict says so', () =>
  inLab({}, async lab => {
    const config = {
      local: [{ name: 'z640', url: 'http://127.0.0.1:9', models: ['qwen3', 'qwen3:latest'] }],
      agents: { local: { model: 'qwen3:latest' } },
      lanes: { private: { agents: { codex: { provider: 'local', model: 'qwen3' } } } },
    }
    writeFiles(lab.env.HOME!, { '.config/agentlab/config.yaml': JSON.stringify(config) })
    const wish = {
      scenarioText,
      planText: onePlan(),
      lane: 'private' as const,
      workers: ['codex' as const, 'local' as const],
    }
    await expect(lab.run(wish)).rejects.toMatchObject({ code: 'one-vendor' })
    const view = await lab.run({ ...wish, sameVendor: true })
    expect(view).toMatchObject({
      outcome: 'done',
      tasks: [
        {
          attempts: [{ worker: 'codex', answerer: { provider: 'local', model: 'qwen3' } }],
          verdicts: [{ value: 'pass', sameVendor: true, sameModel: true }],
        },
      ],
    })
    expect(renderReceipt(view).split('## NOT PROVEN')[1]).toMatch(
      /pass \(same model\): .* asked the author's own model/,
    )
    expect(lab.git('log', '--format=%(trailers)', '-1', 'agent')).toContain('AgentLab-Verdict: pass (same model)')
  }))

/** A question first, then a file that rests on the answer, and one beside it. */
const realText = `
plan:
  tasks:
    - { key: look, kind: research, title: Look at it, what: Say what README.md says. }
    - { key: one, title: Write one, what: Write one.txt as README.md says., paths: [one.txt], dependsOn: [look] }
    - { key: two, title: Write two, what: Write two.txt as you like., paths: [two.txt] }
tasks:
  look:
    attempts:
      - steps:
          - read: README.md
          - research:
              answer: README.md:1 says Hello.
              claims: [{ claim: It greets., evidence: [{ kind: file, path: README.md, line: 1, quote: Hello }] }]
              unknown: []
  one:
    attempts:
      - steps:
          - write: { path: one.txt, content: "Hello\\n" }
          - { drop: true, times: 1 }
          - commit: Write one
          - answer: one.txt is committed.
  two:
    attempts:
      - steps:
          - answer: I will now write two.txt.
          - run: "! (exec 3<>/dev/tcp/192.0.2.1/80) 2>/dev/null && echo zwei > two.txt"
          - { loading: true, times: 1 }
          - commit: Write two
          - answer: two.txt is committed.
server: { models: [{ name: "qwen3:8b", context: 32768 }] }
defaults:
  verifier: { steps: [{ run: git show HEAD }, { run: test -f README.md }], verdict: pass }
`

test.each([
  ['messages', '/v1/messages'],
  ['chat', '/v1/chat/completions'],
])(
  "a run that is no rehearsal goes through on the operator's own server by %s, and nobody needs a login",
  (wire, path) =>
    inLab({}, async lab => {
      const server = await startFakeOllama(lab.file('server.yaml', realText))
      const servers = [{ name: 'mac', url: server.origin, models: ['qwen3:8b'], wire }]
      writeFiles(lab.env.HOME!, { '.config/agentlab/config.yaml': JSON.stringify({ local: servers }) })
      const view = await lab.run({ scenarioText: null, lane: 'private', workers: null, sameVendor: true })
      const asked = await server.end()
      expect(view).toMatchObject({ outcome: 'done', rehearsed: false, planning: { planner: 'local' } })
      const told = view.tasks.map(task => [task.worker, task.state, task.attempts.length])
      expect(told).toEqual([
        ['local', 'recorded', 1],
        ['local', 'integrated', 1],
        ['local', 'integrated', 1],
      ])
      expect(view.tasks[0]!.answer).toContain('README.md:1 says Hello.')
      expect(view.tasks[0]!.claims).toEqual({ cited: 1, notFound: 0, uncited: 0 })
      expect([lab.git('show', 'agent:one.txt'), lab.git('show', 'agent:two.txt')]).toEqual(['Hello', 'zwei'])
      expect(new Set(asked.map(request => `${request.path} ${request.model}`))).toEqual(new Set([`${path} qwen3:8b`]))
      expect(new Set(asked.map(({ outcome }) => outcome))).toEqual(new Set(['answered', 'fault']))
      expect(new Set(asked.map(({ identity }) => identity?.role))).toEqual(
        new Set(['planner', 'researcher', 'worker', 'verifier']),
      )
    }),
)
