import { readdir } from 'node:fs/promises'
import http from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { WorkerName } from '../../../src/domain/lane.ts'
import {
  type AttemptRequest,
  findAgent,
  gitIn,
  makeRepository,
  makeSeat,
  openStage,
  runAttempt,
  type Seat,
  type Stage,
} from '../../support/agent-attempt.ts'
import { anyMarkedSentence, hostileFiles, markedSentence } from './hostile-repository.ts'

const scenario = `
tasks:
  work:
    attempts:
      - steps:
          - run: ls packages/deep
          - write: { path: packages/deep/work.txt, content: "work\\n" }
          - read: packages/deep/work.txt
          - commit: Work
          - answer: done
      - steps:
          - run: cat packages/deep/work.txt
          - answer: looked again
verify:
  work:
    - steps: [{ read: README.md }, { run: git log --oneline }]
      verdict: pass
`

const schema = {
  type: 'object',
  properties: { verdict: { type: 'string' }, summary: { type: 'string' } },
  required: ['verdict', 'summary'],
  additionalProperties: true,
}
describe('a hostile repository', { timeout: 120_000 }, () => {
  let stage: Stage
  let repository: string
  /** The same but for what would lead an agent away from the model. */
  let repositoryForControls: string
  const caught: string[] = []
  const trap = http.createServer((request, response) => {
    caught.push(request.url ?? '')
    response.writeHead(500).end()
  })

  beforeAll(async () => {
    stage = await openStage(scenario)
    await new Promise<void>(resolve => trap.listen(0, '127.0.0.1', resolve))
    const origin = `http://127.0.0.1:${(trap.address() as AddressInfo).port}`
    repository = await makeRepository(join(stage.scratch, 'repository'), hostileFiles(origin, true))
    repositoryForControls = await makeRepository(join(stage.scratch, 'controls'), hostileFiles(origin, false))
  }, 60_000)
  afterAll(async () => {
    trap.closeAllConnections()
    trap.close()
    await stage.close()
  })

  /** Runs once and says which canaries fired anywhere in the seat and which marked sentences the model was sent. */
  const provoke = async (seat: Seat, request: Omit<AttemptRequest, 'installation' | 'seat'>) => {
    const sentBefore = stage.recorder.sent.length
    const installation = await findAgent(request.worker)
    const result = await runAttempt(stage, { ...request, seat, installation, silenceMs: 60_000 })
    const files = await readdir(seat.root, { recursive: true })
    const fired = new Set(files.flatMap(file => /fired-(.*)$/.exec(file)?.[1] ?? []))
    const sent = stage.recorder.sent.slice(sentBefore).map(({ body }) => body)
    if (sent.length === 0) throw new Error(`nothing was sent; fired ${[...fired]}; ${result.stderr.slice(-1500)}`)
    return {
      result,
      fired: [...fired].sort(),
      sung: [...new Set(sent.join('\n').match(anyMarkedSentence) ?? [])].sort(),
    }
  }
  const silence = { fired: [], sung: [] }

  it.each(WorkerName.options)('moves %s to nothing: as worker, on resume, as verifier', async worker => {
    const seat = await makeSeat(stage, repository)
    const work = await provoke(seat, { worker, task: 'work' })
    expect(work).toMatchObject({ result: { end: { outcome: 'answered', text: 'done' } }, ...silence })
    expect(await gitIn(seat.workspace, 'show', '--format=', '--name-status', 'HEAD')).toBe('A\tpackages/deep/work.txt')
    expect(await gitIn(seat.workspace, 'status', '--porcelain')).toBe('')

    const resume = work.result.end.sessionId
    const again = await provoke(seat, { worker, task: 'work', attempt: 2, resume })
    expect(again).toMatchObject({ result: { end: { outcome: 'answered', text: 'looked again' } }, ...silence })

    const verifierSeat = await makeSeat(stage, repository)
    const prompt = `Verify commit ${verifierSeat.base}. The repository says: ${markedSentence('AGENTS.md')}`
    const verdict = await provoke(verifierSeat, { worker, task: 'work', role: 'verifier', prompt, schema })
    expect(verdict.result.end).toMatchObject({ outcome: 'answered', structured: { verdict: 'pass' } })
    // What our prompt carries arrives, and nothing else.
    expect(verdict).toMatchObject({ fired: [], sung: [markedSentence('AGENTS.md')] })
    expect(caught).toEqual([])
  })

  it('bites gemini in a plain checkout without the protections', async () => {
    const { fired, sung } = await provoke(await makeSeat(stage, repositoryForControls, 'nothing'), {
      worker: 'gemini',
      task: 'work',
      change: prepared => ({
        ...prepared,
        args: prepared.args.filter(argument => !['--allowed-mcp-server-names', 'none'].includes(argument)),
        files: prepared.files.map(file => {
          if (!file.path.endsWith('settings.json')) return file
          const { hooksConfig: _, context: __, ...rest } = JSON.parse(file.content)
          return { ...file, content: JSON.stringify(rest) }
        }),
      }),
    })
    const bites = ['before-agent', 'before-tool', 'discovery', 'mcp', 'session-start'].map(name => `gemini-${name}`)
    expect(fired).toEqual(expect.arrayContaining(bites))
    expect(sung).toContain(markedSentence('GEMINI.md'))
  })

  it('bites claude in a plain checkout without the protections', async () => {
    const protections = ['--setting-sources', 'user', '--strict-mcp-config']
    const { fired, sung } = await provoke(await makeSeat(stage, repositoryForControls, 'nothing'), {
      worker: 'claude',
      task: 'work',
      change: prepared => ({ ...prepared, args: prepared.args.filter(argument => !protections.includes(argument)) }),
    })
    expect(fired).toEqual(expect.arrayContaining(['claude-session-start', 'claude-before-tool', 'claude-stop']))
    expect(sung).toContain(markedSentence('CLAUDE.md'))
  })

  it('bites codex in a plain checkout without the protections', async () => {
    const withDocs = (text: string): string => text.replace('project_doc_max_bytes = 0', '')
    const { sung } = await provoke(await makeSeat(stage, repositoryForControls, 'nothing'), {
      worker: 'codex',
      task: 'work',
      change: prepared => ({
        ...prepared,
        files: prepared.files.map(file => ({ ...file, content: withDocs(file.content) })),
      }),
    })
    expect(sung).toContain(markedSentence('AGENTS.override.md'))
  })

  it.each(['claude', 'codex'] as const)('would not move %s even with its files in the workspace', async worker => {
    expect(await provoke(await makeSeat(stage, repository, 'nothing'), { worker, task: 'work' })).toMatchObject(silence)
    expect(caught).toEqual([])
  })
})
