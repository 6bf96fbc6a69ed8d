/** The contract every agent CLI keeps, each case played by the real program against the rehearsal. */
import { access } from 'node:fs/promises'
import http from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { FailureClass } from '../../../src/domain/attempt.ts'
import type { WorkerName } from '../../../src/domain/lane.ts'
import type { WorkerEvent } from '../../../src/domain/worker-event.ts'
import type { Installation } from '../../../src/workers/worker.ts'
import {
  type AttemptRequest,
  type AttemptResult,
  aliveIn,
  findAgent,
  gitIn,
  makeRepository,
  makeSeat,
  openStage,
  runAttempt,
  type Seat,
  type Stage,
} from '../../support/agent-attempt.ts'

const scenario = `
tasks:
  success:
    attempts:
      - steps:
          - say: I write the file.
          - write: { path: hello.txt, content: "hello\\n" }
          - commit: Say hello
          - answer: hello.txt is committed
      - steps:
          - run: test -f hello.txt
          - answer: it is still there
  toolFailure:
    attempts: [{ steps: [{ run: "echo to-out; echo to-err >&2; exit 3" }, { answer: it failed }] }]
  unknownTool:
    attempts: [{ steps: [{ call: { tool: no_such_tool, input: { x: 1 } } }, { answer: there is no such tool }] }]
  status401:
    attempts: [{ steps: [{ status: { code: 401 } }] }]
  status429:
    attempts: [{ steps: [{ status: { code: 429 } }] }]
  status429later:
    attempts: [{ steps: [{ status: { code: 429, retryAfterS: 600 } }] }]
  status500:
    attempts: [{ steps: [{ status: { code: 500 } }] }]
  drop:
    attempts: [{ steps: [{ run: "echo half > half.txt" }, { drop: { afterBytes: 400 } }] }]
  garbage:
    attempts: [{ steps: [{ garbage: true }] }]
  noServer:
    attempts: [{ steps: [{ answer: nobody hears this }] }]
  hugeAnswer:
    attempts: [{ steps: [{ flood: { sizeBytes: 1200000 } }] }]
  hugeTool:
    attempts: [{ steps: [{ run: "seq 1 200000" }, { answer: that was long }] }]
  structured:
    attempts: [{ steps: [{ answer: { verdict: pass, score: 7 } }] }]
  unstructured:
    attempts: [{ steps: [{ answer: I would rather talk }, { answer: I said no }] }]
  longTool:
    attempts: [{ steps: [{ run: "touch started; (setsid sleep 300 &) ; sleep 300" }, { answer: too late }] }]
`

const schema = {
  type: 'object',
  properties: { verdict: { type: 'string' }, score: { type: 'number' } },
  required: ['verdict', 'score'],
  additionalProperties: false,
}

/** How the CLIs differ where the contract lets them. */
export interface Expectations {
  /** ok and exitCode of a shell command that exits 3. */
  failedCommand: { ok: boolean | null; exitCode: number | null }
  /** Whether a call of a tool that does not exist shows in the stream. */
  showsUnknownTool: boolean
  /** What a resumed attempt can say about its usage. */
  measuresResume: boolean
}

const untilState = async (isReached: () => Promise<boolean>, what: string, withinMs = 20_000): Promise<void> => {
  const deadline = Date.now() + withinMs
  while (!(await isReached())) {
    if (Date.now() > deadline) throw new Error(`never reached: ${what}`)
    await new Promise(resolve => setTimeout(resolve, 25))
  }
}

const exists = (path: string): Promise<boolean> =>
  access(path).then(
    () => true,
    () => false,
  )

/** An origin on which nobody listens any more. */
const deadOrigin = async (): Promise<string> => {
  const server = http.createServer()
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  await new Promise(resolve => server.close(resolve))
  return `http://127.0.0.1:${port}`
}

type Finished = Extract<WorkerEvent, { type: 'tool.finished' }>
const finished = (result: AttemptResult): Finished[] => result.events.filter(event => event.type === 'tool.finished')

export const contractOf = (worker: WorkerName, expected: Expectations): void => {
  describe(`${worker} against the rehearsal`, { timeout: 60_000 }, () => {
    let stage: Stage
    let installation: Installation
    let repository: string
    const times: string[] = []

    beforeAll(async () => {
      stage = await openStage(scenario)
      installation = await findAgent(worker)
      repository = await makeRepository(join(stage.scratch, 'repository'), { 'README.md': '# A repository\n' })
    }, 60_000)
    afterAll(async () => {
      console.info(`${worker} ${installation.version}, seconds per attempt: ${times.join(', ')}`)
      await stage.close()
    })

    const attempt = async (
      task: string,
      more: Partial<AttemptRequest> = {},
    ): Promise<{ result: AttemptResult; seat: Seat }> => {
      const seat = more.seat ?? (await makeSeat(stage, repository))
      const result = await runAttempt(stage, { worker, installation, seat, task, ...more })
      times.push(`${task} ${(result.wallMs / 1_000).toFixed(1)}`)
      await untilState(async () => (await aliveIn(seat.root)).length === 0, 'no process left')
      return { result, seat }
    }

    /** Runs a case that must fail with this class and leave the branch where it was. */
    const fails = async (
      task: string,
      failureClass: FailureClass,
      more: Partial<AttemptRequest> = {},
    ): Promise<AttemptResult> => {
      const { result, seat } = await attempt(task, more)
      expect(result.end).toMatchObject({ outcome: 'failed', class: failureClass })
      expect(await gitIn(seat.workspace, 'rev-parse', 'HEAD')).toBe(seat.base)
      return result
    }

    const answers = async (task: string, text: string, more: Partial<AttemptRequest> = {}) => {
      const done = await attempt(task, more)
      expect(done.result.end).toMatchObject({ outcome: 'answered', text })
      return done
    }

    it('commits under the given identity and resumes its session in the same seat', async () => {
      const { result, seat } = await answers('success', 'hello.txt is committed', { prompt: 'FIRST PROMPT' })
      expect(result.events.find(event => event.type === 'session')).toMatchObject({ sessionId: result.end.sessionId })
      expect(result.events).toContainEqual({ type: 'text', text: 'I write the file.' })
      expect(finished(result).length).toBe(2)
      expect(finished(result).filter(event => event.ok === false)).toEqual([])
      expect(result.end.usage.input).toBeGreaterThan(result.end.usage.output!)
      expect(await gitIn(seat.workspace, 'log', '-1', '--format=%s by %an <%ae> %cn')).toBe(
        'Say hello by Agent <agent@example.com> Agent',
      )
      expect(await gitIn(seat.workspace, 'status', '--porcelain')).toBe('')
      expect(await gitIn(seat.workspace, 'rev-parse', 'HEAD~1')).toBe(seat.base)

      const sentBefore = stage.recorder.sent.length
      const resume = result.end.sessionId
      const again = await answers('success', 'it is still there', { seat, attempt: 2, resume, prompt: 'SECOND PROMPT' })
      expect(again.result.end.sessionId).toBe(resume)
      const bodies = stage.recorder.sent.slice(sentBefore).map(sent => sent.body)
      expect(bodies.some(body => body.includes('FIRST PROMPT') && body.includes('SECOND PROMPT'))).toBe(true)
      expect(again.result.end.usage.input === null).toBe(!expected.measuresResume)
      // Tools that would reach past the provider: the gate refuses a request that brings one.
      const offered = stage.recorder.sent
        .flatMap(({ body }) => (body === '' ? [] : [{ body }]))
        .map(sent => JSON.stringify(JSON.parse(sent.body).tools ?? []))
      expect(offered.filter(tools => /"(?:google_)?web_?(?:search|fetch)\w*"|url_?context/i.test(tools))).toEqual([])
    })

    it('says so when the session to resume is gone', async () => {
      await fails('success', 'sessionLost', { resume: '7c9e6679-7425-40de-944b-e07fc1f90ae7' })
    })

    it('goes on after a command that fails', async () => {
      const { result } = await answers('toolFailure', 'it failed')
      expect(finished(result)).toMatchObject([expected.failedCommand])
      expect(finished(result)[0]!.output).toContain('to-err')
    })

    it('goes on after a tool that does not exist', async () => {
      const { result, seat } = await answers('unknownTool', 'there is no such tool')
      expect(finished(result).map(event => event.ok)).toEqual(expected.showsUnknownTool ? [false] : [])
      expect(await gitIn(seat.workspace, 'rev-parse', 'HEAD')).toBe(seat.base)
    })

    it('fails as auth on 401', () => fails('status401', 'auth'))
    it('fails as rateLimit on 429', () => fails('status429', 'rateLimit'))
    it('fails as rateLimit on 429 with a long retry-after, without waiting it out', async () => {
      const result = await fails('status429later', 'rateLimit')
      expect(result.wallMs).toBeLessThan(45_000)
    })
    it('fails as overloaded on 500', () => fails('status500', 'overloaded'))
    it('fails as malformed on an answer that is not the API', () => fails('garbage', 'malformed'))

    it('fails as network on a dropped stream, and leaves what was done', async () => {
      const { result, seat } = await attempt('drop')
      expect(result.end).toMatchObject({ outcome: 'failed', class: 'network' })
      expect(await gitIn(seat.workspace, 'status', '--porcelain')).toBe('?? half.txt')
    })

    it('fails as network when there is no server', async () => {
      await fails('noServer', 'network', { origin: await deadOrigin(), silenceMs: worker === 'codex' ? 5_000 : 40_000 })
    })

    it('brings an answer of more than 1 MB whole', async () => {
      const { result } = await attempt('hugeAnswer')
      expect(result.end.outcome === 'answered' && result.end.text.length).toBe(1_200_000)
    })

    it('cuts the long output of a tool', async () => {
      const { result } = await answers('hugeTool', 'that was long')
      expect(finished(result)[0]!.output.length).toBeLessThan(21_000)
      expect(finished(result)[0]!.output).toContain('1\n2\n3\n')
    })

    it('gives a structured answer where one is asked for', async () => {
      const { result } = await attempt('structured', { schema })
      expect(result.end).toMatchObject({ outcome: 'answered', structured: { verdict: 'pass', score: 7 } })
    })

    it('fails as malformed when talk comes instead of a structured answer', () =>
      fails('unstructured', 'malformed', { schema }))

    /** Runs a tool that never ends, leaves a process of its own behind, and acts once it runs. */
    const whileToolRuns = async (
      failureClass: FailureClass,
      act: (...given: Parameters<NonNullable<AttemptRequest['onEvent']>>) => Promise<void>,
    ): Promise<void> => {
      const seat = await makeSeat(stage, repository)
      const acts: Promise<void>[] = []
      const onEvent: AttemptRequest['onEvent'] = (...given) => {
        if (given[0].type !== 'tool.started') return
        const started = untilState(() => exists(join(seat.workspace, 'started')), 'the tool runs')
        acts.push(started.then(() => act(...given)))
      }
      const result = await fails('longTool', failureClass, { seat, onEvent })
      await Promise.all(acts)
      expect(acts.length).toBe(1)
      expect(result.process.survivors).toEqual([])
    }

    it.each(['SIGTERM', 'SIGKILL'] as const)(
      'fails as crashed after a %s from elsewhere, and leaves nothing alive',
      signal => whileToolRuns('crashed', (_event, _running, kill) => kill(signal)),
    )
    it('fails as interrupted when we stop it, and leaves nothing alive', () =>
      whileToolRuns('interrupted', (_event, running) =>
        running.stop('cancelled', { signal: worker === 'gemini' ? 'SIGTERM' : 'SIGINT', graceMs: 2_000 }),
      ))
  })
}
