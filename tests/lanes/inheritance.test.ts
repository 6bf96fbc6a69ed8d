/**
 * A lane is inherited by everything its run causes. Each edge takes the lane of what it is made from: without it the edge
 * does not compile (`tsc` fails on a `@ts-expect-error` that is none), and what comes out is never looser.
 */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterAll, describe, expect, expectTypeOf, test } from 'vitest'
import type { AgentErrand } from '../../src/app/agent-run.ts'
import { type Host, keep, loggable, type RunScope } from '../../src/app/host.ts'
import { settledLane } from '../../src/app/lane-of-run.ts'
import { writeWords } from '../../src/app/laned-file.ts'
import { openTranscript } from '../../src/app/transcript.ts'
import { parseConfig } from '../../src/config/load.ts'
import { isLooser, Lane } from '../../src/domain/lane.ts'
import { type InLane, type Laned, laned, wordsFor } from '../../src/domain/laned.ts'
import type { PlannedTask } from '../../src/domain/plan.ts'
import { renderReceipt } from '../../src/domain/receipt.ts'
import { createRedactor } from '../../src/domain/redaction/redactor.ts'
import type { RunRequest } from '../../src/domain/run-request.ts'
import type { RunView } from '../../src/domain/run-view.ts'
import type { Grant } from '../../src/lanes/gateway/grant.ts'
import { policyOf } from '../../src/lanes/policy.ts'
import { type LaneReason, mayRunIn, requiredLane } from '../../src/lanes/required-lane.ts'
import { acceptProposal } from '../../src/planner/accept-proposal.ts'
import type { AskPlanner } from '../../src/planner/make-plan.ts'
import { readPlanFile } from '../../src/planner/plan-file.ts'
import { planText } from '../../src/planner/plan-text.ts'
import { plannerPrompt } from '../../src/planner/planner-prompt.ts'
import { type ContentRow, contentRow } from '../../src/store/content.ts'
import type { Store } from '../../src/store/store.ts'
import { titled } from '../../src/store/titles.ts'
import { verifierPrompt } from '../../src/verifier/verifier-prompt.ts'
import { statementText, workerPrompt } from '../../src/workers/prompt.ts'
import { researchPrompt } from '../../src/workers/researcher-prompt.ts'
import { view } from '../receipt/views.ts'
import * as say from '../supervisor/facts.ts'

const scratch = mkdtempSync(join(tmpdir(), 'agentlab-lanes-'))
afterAll(() => rmSync(scratch, { recursive: true }))

const lane = fc.constantFrom(...Lane.options)
const runId = 'k3m9q2x7'
const strictEnough = (out: Lane, ...made: Lane[]): void => {
  for (const from of made) expect(isLooser(out, from), `${out} from ${from}`).toBe(false)
}

const task: PlannedTask = {
  key: 'one',
  taskId: `${runId}-1`,
  title: 'One',
  what: 'Do it.',
  why: '',
  acceptance: [],
  kind: 'change',
  dependsOn: [],
  worker: 'claude',
  paths: [],
  turnsGreen: [],
  risk: 'low',
}
const common = { goal: 'Goal', task, instructions: [] }
const work = { ...common, mode: 'start' as const, findings: [], branch: 'b' }
const verify = {
  ...common,
  tip: 'c',
  base: 'd',
  diffPath: '/a',
  checksPath: '/b',
  statementPath: '/c',
  changedFiles: [],
}
const planning = { goal: 'Goal', workers: [], checks: [], instructions: [], tree: [] }
const config = parseConfig({
  repository: { path: '/r/agentlab.yaml', text: '', exists: true },
  operator: { path: '/h/config.yaml', text: '', exists: true },
})

const redactor = createRedactor([])

/** A host that keeps what it is given. */
const hostInto = (rows: ContentRow[]): Host =>
  ({
    project: { config, store: { content: { add: (row: ContentRow) => rows.push(row) } } },
    now: () => 0,
    random: Math.random,
    log: () => {},
    redactor,
  }) as unknown as Host

describe('without a lane it does not compile:', () => {
  // Only typed, never called.
  const edges = (host: Host, row: ContentRow, errand: AgentErrand, ask: AskPlanner) => [
    // @ts-expect-error content needs the run it comes from
    () => keep(host, { runId }, null, 'error', 'x'),
    // @ts-expect-error a row can't be made from a run alone
    () => contentRow({ runId }, row),
    // @ts-expect-error nor stored by hand
    (): ContentRow => ({ id: 'c', runId, taskId: null, kind: 'error', at: 0, text: '' }),
    // @ts-expect-error a planner's prompt
    () => plannerPrompt(planning),
    // @ts-expect-error a worker's prompt
    () => workerPrompt({ ...work, research: [] }),
    // @ts-expect-error what research answered, in another's prompt
    () => workerPrompt({ ...work, lane: 'private', research: [{ title: 't', answer: 'a' }] }),
    // @ts-expect-error a researcher's prompt
    () => researchPrompt({ ...common, research: [] }),
    // @ts-expect-error a verifier's prompt
    () => verifierPrompt(verify),
    // @ts-expect-error a statement
    () => statementText({}, task),
    // @ts-expect-error an agent is asked with words that have a lane, not with any text
    (): AgentErrand => ({ ...errand, prompt: 'words of nobody' }),
    // @ts-expect-error so is a planner
    () => ask('words of nobody'),
    // @ts-expect-error a plan and its tasks
    () => acceptProposal({}, { runId, workers: [], checks: [] }),
    // @ts-expect-error a file for an agent
    () => writeWords({ lane: 'private' }, '/x', 'words of nobody'),
    // @ts-expect-error into whose seat?
    () => writeWords({}, '/x', laned('x', { lane: 'private' })),
    // @ts-expect-error a transcript
    () => openTranscript('/x', {}, host),
    // @ts-expect-error a line of the log
    () => loggable(host, undefined, 'words'),
    // @ts-expect-error titles of others' tasks
    () => titled(host.project.store, {}, []),
    // @ts-expect-error a lane can't be made up where words are used
    (): Laned => ({ words: 'x', lane: 'personal' }),
    // @ts-expect-error words from nowhere
    () => laned('x'),
  ]

  test('each of them takes what is in a lane', () => {
    expect(typeof edges).toBe('function')
    // What is read from the log, and passes its lane on.
    expectTypeOf<RunScope>().toExtend<InLane>()
    expectTypeOf<RunView>().toExtend<InLane>()
    expectTypeOf<RunRequest>().toExtend<InLane>()
    expectTypeOf<Grant>().toExtend<InLane>()
    expectTypeOf<Omit<RunScope, 'lane'>>().not.toExtend<InLane>()
    expectTypeOf<Parameters<typeof renderReceipt>[0]>().toExtend<InLane>()
  })
})

describe('what comes out is at least as strict as what went in:', () => {
  test('words made of others', () => {
    fc.assert(
      fc.property(lane, fc.array(lane), (first, others) => {
        const out = laned('x', { lane: first }, ...others.map(one => ({ lane: one })))
        strictEnough(out.lane, first, ...others)
      }),
    )
  })

  test('words never reach a looser place', () => {
    fc.assert(
      fc.property(lane, lane, (from, to) => {
        const words = laned('x', { lane: from })
        if (isLooser(to, from)) expect(() => wordsFor({ lane: to }, words)).toThrow(/on their way into lane/)
        else expect(wordsFor({ lane: to }, words)).toBe('x')
      }),
    )
  })

  test('prompts of every role, and the statement', () => {
    fc.assert(
      fc.property(lane, fc.array(lane, { maxLength: 3 }), (from, asked) => {
        const research = asked.map(one => ({ title: 't', answer: 'a', lane: one }))
        strictEnough(plannerPrompt({ ...planning, lane: from }).lane, from)
        strictEnough(workerPrompt({ ...work, lane: from, research }).lane, from, ...asked)
        strictEnough(researchPrompt({ ...common, lane: from, research }).lane, from, ...asked)
        strictEnough(verifierPrompt({ ...verify, lane: from }).lane, from)
        strictEnough(statementText({ lane: from }, task).lane, from)
      }),
      { numRuns: 40 },
    )
  })

  test('content that is kept', () => {
    fc.assert(
      fc.property(lane, from => {
        const rows: ContentRow[] = []
        keep(hostInto(rows), { runId, lane: from }, null, 'error', 'x')
        strictEnough(rows[0]!.lane, from)
      }),
    )
  })

  test('a plan, its text, and the run that carries it out elsewhere', () => {
    fc.assert(
      fc.property(lane, lane, (from, its) => {
        const proposal = { tasks: [{ key: 'a', title: 'A', what: 'A.' }] }
        const accepted = acceptProposal(proposal, { runId, lane: from, workers: ['claude'], checks: [] })
        if (!accepted.ok) throw new Error(accepted.problem)
        strictEnough(accepted.plan.lane, from)
        const read = readPlanFile(planText(accepted.plan, { head: [], withIds: false }), 'it')
        const first: LaneReason = { kind: 'default', lane: its, from: 'shipped' }
        const required = requiredLane(first, { kind: 'plan', lane: read.lane ?? 'personal' })
        strictEnough(settledLane(required, { lane: null }).lane, from, its)
      }),
    )
  })

  test('a run that is asked for: as strict as all that demands it, or loosened on record, or refused', () => {
    const reasons = fc.array(lane, { maxLength: 5 })
    fc.assert(
      fc.property(lane, reasons, fc.option(lane), fc.option(lane), (first, demands, asked, agreed) => {
        const all = demands.map((one): LaneReason => ({ kind: 'plan', lane: one }))
        const required = requiredLane({ kind: 'default', lane: first, from: 'shipped' }, ...all)
        strictEnough(required.lane, first, ...demands)
        const wish = { lane: asked, ...(agreed === null ? {} : { loosenedFrom: agreed }) }
        let request: Pick<RunRequest, 'lane' | 'loosened'>
        try {
          request = settledLane(required, wish)
        } catch (error) {
          expect(error).toMatchObject({ code: 'lane-too-loose', exit: 2 })
          expect(asked !== null && isLooser(asked, required.lane)).toBe(true)
          return
        }
        if (request.loosened === undefined) strictEnough(request.lane, required.lane)
        else strictEnough(agreed!, request.loosened.from)
        for (const demand of [first, ...demands]) expect(mayRunIn(request, demand)).toBe(true)
        for (const one of Lane.options)
          if (isLooser(required.lane, one) && isLooser(request.lane, one)) expect(mayRunIn(request, one)).toBe(false)
      }),
    )
  })

  test('files for agents and transcripts', async () => {
    for (const from of Lane.options) {
      const path = join(scratch, `${from}.jsonl`)
      const transcript = openTranscript(path, { lane: from }, { now: () => 0, log: () => {}, redactor })
      transcript.write({ type: 'text', text: 'said' })
      await transcript.close()
      strictEnough((JSON.parse(readFileSync(path, 'utf8')) as InLane).lane, from)
      for (const to of Lane.options) {
        const file = join(scratch, `${from}-${to}.md`)
        const written = Promise.resolve().then(() => writeWords({ lane: to }, file, laned('x', { lane: from })))
        if (isLooser(to, from)) await expect(written).rejects.toThrow(/on their way/)
        else await written
      }
    }
  })

  test("titles of another run's tasks", () => {
    fc.assert(
      fc.property(lane, lane, (from, reader) => {
        const plan = JSON.stringify({ summary: '', origin: 'file', tasks: [task] })
        const request = say.request({ lane: from })
        const events = [{ type: 'run.requested', runId, request }, say.planReady([say.fact(1)], runId)]
        const store = {
          events: { ofRun: () => events.map((event, seq) => ({ seq, at: 0, epoch: 1, event })) },
          content: { text: () => plan },
        } as unknown as Store
        const [found] = titled(store, { lane: reader }, [task.taskId])
        if (found!.title !== null) strictEnough(reader, from)
        expect(found!.title !== null).toBe(!isLooser(reader, from))
      }),
    )
  })

  test('the log, which holds words of a lane only where its policy says so', () => {
    fc.assert(
      fc.property(lane, from => {
        const holds = loggable(hostInto([]), from, 'a secret').includes('a secret')
        expect(holds).toBe(policyOf(from, config.effective).logged === 'words')
        if (from === 'private') expect(holds).toBe(false)
      }),
    )
  })

  test('the receipt says the lane it is in', () => {
    for (const from of Lane.options) expect(renderReceipt(view({ lane: from }))).toContain(`- Lane: ${from}\n`)
  })
})
