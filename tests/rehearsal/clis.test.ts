import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { WorkerName } from '../../src/domain/lane.ts'
import { startGateway } from '../../src/lanes/gateway/gateway.ts'
import type { MeterRecord } from '../../src/lanes/gateway/grant.ts'
import type { Installation } from '../../src/workers/worker.ts'
import { findAgent, makeRepository, makeSeat, openStage, runAttempt, type Stage } from '../support/agent-attempt.ts'

const scenario = `
tasks:
  overwrite:
    attempts:
      - steps:
          - write: { path: README.md, content: "# Written anew\\n" }
          - write: { path: "deep/er/no newline.txt", content: "it's" }
          - write: { path: README.md, content: "# And again\\n" }
          - answer: both are written
verify:
  overwrite:
    - steps: [{ read: README.md }, { run: "ls no-such-file" }]
      verdict: { verdict: fail, findings: [{ claim: "The file is not there." }] }
`

const schema = {
  type: 'object',
  properties: { commit: { type: 'string' }, verdict: { type: 'string' }, summary: { type: 'string' } },
  required: ['commit', 'verdict', 'summary'],
}

describe.each<WorkerName>(['claude', 'codex', 'gemini'])('the real %s', { timeout: 60_000 }, worker => {
  let stage: Stage
  let installation: Installation
  let repository: string
  beforeAll(async () => {
    stage = await openStage(scenario)
    installation = await findAgent(worker)
    repository = await makeRepository(join(stage.scratch, 'repository'), { 'README.md': '# A repository\n' })
  }, 60_000)
  afterAll(() => stage.close())

  const attempt = async (more: Partial<Parameters<typeof runAttempt>[1]>, on: Stage = stage) => {
    const seat = await makeSeat(stage, repository)
    const result = await runAttempt(on, { worker, installation, seat, task: 'overwrite', ...more })
    return { ...result, seat }
  }

  it('writes over files that are there, by its own tools or the shell', async () => {
    const { end, seat } = await attempt({})
    expect(end).toMatchObject({ outcome: 'answered', text: 'both are written' })
    expect(await readFile(join(seat.workspace, 'README.md'), 'utf8')).toBe('# And again\n')
    expect(await readFile(join(seat.workspace, 'deep/er/no newline.txt'), 'utf8')).toBe("it's")
  })

  it('gives the scripted verdict, filled in from the prompt and from what it ran', async () => {
    const commit = '0123456789abcdef0123456789abcdef01234567'
    const { end } = await attempt({ role: 'verifier', schema, prompt: `Verify.\nAGENTLAB-COMMIT: ${commit}\n` })
    expect(end).toMatchObject({
      outcome: 'answered',
      structured: {
        commit,
        verdict: 'fail',
        examined: [{ path: 'README.md' }],
        ran: [{ command: 'ls no-such-file', exitCode: 2 }],
      },
    })
  })

  it('stops at once when the run has reached its limit, and says why', async () => {
    let asked = 0
    const records: MeterRecord[] = []
    const message = 'AgentLab: run limit reached (requests)'
    const gateway = await startGateway({
      allow: async () => (++asked > 1 ? { ok: false, limit: 'requests', message } : { ok: true }),
      meter: (_grant, record) => records.push(record),
      clock: Date.now,
    })
    const { end } = await attempt({}, { ...stage, gateway })
    await gateway.close()
    expect(asked).toBe(2)
    expect(records).toMatchObject([{ status: 200, aborted: false }])
    expect(end).toMatchObject({ outcome: 'failed', detail: expect.stringContaining('run limit reached') })
  })

  it('shows who asked for what when nothing is scripted', async () => {
    const { end } = await attempt({ attempt: 3 })
    const detail = expect.stringContaining('worker of task overwrite, attempt 3, launch 1')
    expect(end).toMatchObject({ outcome: 'failed', detail })
  })
})
