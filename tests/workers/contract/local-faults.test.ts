/** What weak models and small servers do, played to the real program on both wires. */
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { PreparedAttempt } from '../../../src/workers/worker.ts'
import {
  type AttemptRequest,
  findAgent,
  gitIn,
  makeRepository,
  makeSeat,
  openStage,
  runAttempt,
  type Stage,
} from '../../support/agent-attempt.ts'

const scenario = `
tasks:
  weak:
    attempts:
      - steps:
          - answer: I will now write the file.
          - answer: '{"name": "write", "arguments": {"path": "a.txt", "content": "one"}}'
          - mangled: { tool: read, text: "{'path': a.txt" }
          - call: { tool: str_replace_editor, input: { path: a.txt } }
          - call: { tool: edit, input: { file_path: a.txt, old_string: one, new_string: two } }
          - repeat: { text: "I am sorry. ", times: 2000 }
          - empty: true
          - call: { tool: run, input: { command: [git, add, -A] } }
          - run: seq 1 5000
          - run: seq 5000 9000
          - status: { code: 400, message: "the prompt exceeds the context window of the model" }
            times: 1
          - commit: Write a
          - answer: a.txt is committed
  gone:
    attempts: [{ steps: [{ status: { code: 404, message: "model 'rehearsed' not found" } }] }]
  unloaded:
    attempts: [{ steps: [{ status: { code: 500, message: model runner has unexpectedly stopped } }] }]
`

describe('local and a weak model', { timeout: 60_000 }, () => {
  let stage: Stage
  let repository: string

  beforeAll(async () => {
    stage = await openStage(scenario)
    repository = await makeRepository(join(stage.scratch, 'repository'), { 'README.md': '# A repository\n' })
  }, 60_000)
  afterAll(() => stage.close())

  const attempt = async (task: string, more: Partial<AttemptRequest> = {}) => {
    const seat = await makeSeat(stage, repository)
    const installation = await findAgent('local')
    return { seat, result: await runAttempt(stage, { worker: 'local', installation, seat, task, ...more }) }
  }

  const overChat = (prepared: PreparedAttempt): PreparedAttempt => ({
    ...prepared,
    files: prepared.files.map(file => ({
      ...file,
      content: JSON.stringify({ ...JSON.parse(file.content), wire: 'chat' }),
    })),
  })

  it.each([
    ['Messages', (prepared: PreparedAttempt) => prepared, '/v1/messages'],
    ['chat completions', overChat, '/v1/chat/completions'],
  ])('come to a commit on %s', async (_, change, path) => {
    const before = stage.rehearsal.requests().length
    const { seat, result } = await attempt('weak', { change })
    const requests = stage.rehearsal.requests().slice(before)
    expect(result.end).toEqual(expect.objectContaining({ outcome: 'answered', text: 'a.txt is committed' }))
    expect(await gitIn(seat.workspace, 'show', 'HEAD:a.txt')).toBe('two')
    expect(new Set(requests.map(request => request.path))).toEqual(new Set([path]))
    expect(requests.filter(request => request.outcome === 'unscripted')).toEqual([])
    expect(result.end.usage.input).toBeGreaterThan(0)
  })

  it('name the model that is missing, and what to type', async () => {
    const { result } = await attempt('gone')
    expect(result.end).toMatchObject({ outcome: 'failed', class: 'auth' })
    expect(result.end.outcome === 'failed' && result.end.detail).toMatch(/not found.*ollama pull rehearsed/)
  })

  it('are asked again when a model was unloaded, then left to be waited for', async () => {
    const { result } = await attempt('unloaded', { change: overChat })
    expect(result.end).toMatchObject({ outcome: 'failed', class: 'overloaded' })
    expect(result.events.filter(event => event.type === 'retry')).toHaveLength(2)
  })
})
