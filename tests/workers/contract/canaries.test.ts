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
import { hostileFiles, markedSentence } from './hostile-repository.ts'

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
const song = /Sing the purple heron song of [^.]*\.(?:md[^.]*\.)?/g

describe('a hostile repository', { timeout: 120_000 }, () => {
  let stage: Stage
  let repository: string
  const caught: string[] = []
  const trap = http.createServer((request, response) => {
    caught.push(request.url ?? '')
    response.writeHead(500).end()
  })

  beforeAll(async () => {
    stage = await openStage(scenario)
    await new Promise<void>(resolve => trap.listen(0, '127.0.0.1', resolve))
    const origin = `http://127.0.0.1:${(trap.address() as AddressInfo).port}`
    repository = await makeRepository(join(stage.scratch, 'repository'), hostileFiles(origin))
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
    expect(sent.length).toBeGreaterThan(0)
    return { result, fired: [...fired].sort(), sung: [...new Set(sent.join('\n').match(song) ?? [])].sort() }
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

  it('does bite gemini in a plain checkout without the protections', async () => {
    const seat = await makeSeat(stage, repository, 'nothing')
    const bare = ['--allowed-mcp-server-names', 'none']
    const { fired, sung } = await provoke(seat, {
      worker: 'gemini',
      task: 'work',
      change: prepared => ({
        ...prepared,
        args: prepared.args.filter(argument => !bare.includes(argument)),
        files: prepared.files.map(file => {
          if (!file.path.endsWith('settings.json')) return file
          const { hooksConfig: _, context: __, ...rest } = JSON.parse(file.content)
          return { ...file, content: JSON.stringify(rest) }
        }),
      }),
    })
    expect(fired).toEqual(expect.arrayContaining(['gemini-session-start', 'gemini-before-agent', 'gemini-mcp']))
    expect(fired).toEqual(expect.arrayContaining(['gemini-discovery', 'gemini-before-tool']))
    expect(sung).toContain(markedSentence('GEMINI.md'))
  })

  it('does bite claude in a plain checkout without the protections', async () => {
    const seat = await makeSeat(stage, repository, 'nothing')
    const { sung } = await provoke(seat, {
      worker: 'claude',
      task: 'work',
      change: prepared => ({
        ...prepared,
        args: prepared.args.filter(
          argument => !['--setting-sources', 'user', '--strict-mcp-config'].includes(argument),
        ),
      }),
    }).catch(error => {
      // Its own settings may send it to the trap, so that nothing reaches the model: that is a bite as well.
      if (caught.length === 0) throw error
      return { sung: [markedSentence('CLAUDE.md')] }
    })
    expect(sung).toContain(markedSentence('CLAUDE.md'))
    const files = await readdir(seat.root, { recursive: true })
    expect(files.filter(file => file.includes('fired-claude-')).length).toBeGreaterThan(0)
  })

  it('does bite codex in a plain checkout without the protections', async () => {
    const seat = await makeSeat(stage, repository, 'nothing')
    const { sung } = await provoke(seat, {
      worker: 'codex',
      task: 'work',
      change: prepared => ({
        ...prepared,
        files: prepared.files.map(file => ({
          ...file,
          content: file.content.replace('project_doc_max_bytes = 0', ''),
        })),
      }),
    })
    expect(sung).toContain(markedSentence('AGENTS.override.md'))
  })

  it('would move neither claude nor codex even if its files were in the workspace', async () => {
    caught.length = 0
    for (const worker of ['claude', 'codex'] as const) {
      const seat = await makeSeat(stage, repository, 'nothing')
      const { fired, sung } = await provoke(seat, { worker, task: 'work' })
      expect({ worker, fired, sung, caught }).toEqual({ worker, ...silence, caught: [] })
    }
  })
})
