/** The machine's clock is set back: within a supervisor's life, between two, and under those who only read. */
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { steadyClock } from '../../src/app/steady-clock.ts'
import { followRun, openProject, requestRun, sendCommand, withForegroundSupervisor } from '../../src/app.ts'
import { transcriptReader } from '../../src/cli/transcript.ts'
import { noMoney } from '../../src/domain/prices.ts'
import { renderReceipt } from '../../src/domain/receipt.ts'
import { renderReceiptHtml } from '../../src/domain/receipt-html.ts'
import type { RunView } from '../../src/domain/run-view.ts'
import { scratchStore } from '../store/scratch-store.ts'
import { fakeWish, makeFakeProject } from '../support/fake-crew.ts'
import { makeScratch, removeScratch } from '../support/git-repository.ts'

const scratch = makeScratch('clock')
afterAll(() => removeScratch(scratch))

const hour = 3_600_000
const day = 24 * hour

test('the clock of a supervisor goes on at its own pace when it is set back, and follows when it is set forward', () => {
  let [wall, elapsed] = [1_000_000, 50]
  const now = steadyClock(
    () => wall,
    () => elapsed,
  )
  const after = (ms: number, shift = 0): number => {
    elapsed += ms
    wall += ms + shift
    return now()
  }
  expect(now()).toBe(1_000_000)
  expect(after(10)).toBe(1_000_010)
  expect(after(10, -hour)).toBe(1_000_020)
  expect(after(10)).toBe(1_000_030)
  expect(after(10, 2 * hour)).toBe(1_000_040 + hour)
  expect(after(10)).toBe(1_000_050 + hour)
})

/** Every stretch of time a view tells. */
const stretches = (view: RunView): number[] => [
  view.endedAt! - view.requestedAt,
  ...view.launches.map(launch => launch.endedAt! - launch.startedAt),
  ...view.tasks.flatMap(task => [
    // One that the supervisor's end has cut off tells none.
    ...task.attempts.flatMap(({ startedAt, endedAt }) => (endedAt === null ? [] : [endedAt - startedAt])),
    ...task.checks.flatMap(({ results }) => results.map(result => result.durationMs)),
    task.integrated!.at - task.attempts[0]!.startedAt,
  ]),
  ...view.costs.map(cost => cost.waitedMs),
]

const pageOf = (view: RunView, now: number): string =>
  renderReceiptHtml(view, {
    diffs: new Map(),
    money: { total: noMoney(), byWorker: new Map() },
    sha256: () => 'none',
    now,
  })

const planText = 'tasks: [{ key: one, title: Add a file, what: Add the file one.txt }]'
const asked = { startSupervisor: false }

describe('a run during which it is set back', () => {
  test.each([
    { name: 'an hour, under its supervisor', backMs: hour, restarts: false, toldMs: 0 },
    { name: 'a day, between two supervisors', backMs: day, restarts: true, toldMs: day },
  ])('by $name takes no less than no time anywhere', async ({ name, backMs, restarts, toldMs }) => {
    const dir = join(scratch, name.replace(/\W+/g, '-'))
    mkdirSync(dir)
    const { root, env } = makeFakeProject(dir)
    const project = await openProject({ cwd: root, env })
    let offset = 0
    const wall = (): number => Date.now() + offset
    const serve = (work: (signal: AbortSignal, stop: () => void) => Promise<RunView>): Promise<RunView> => {
      const stop = new AbortController()
      const end = (): void => stop.abort()
      return withForegroundSupervisor(project, { signal: stop.signal, wall }, () => work(stop.signal, end))
    }
    let runId = ''
    let view = await serve(async (signal, stop) => {
      runId = (await requestRun(project, fakeWish(planText), asked)).runId
      const onChange = (seen: RunView): void => {
        if (seen.tasks.length === 0) return
        offset = -backMs
        if (restarts) stop()
      }
      return followRun(project, runId, onChange, signal, asked)
    })
    if (restarts) {
      expect(view.outcome).toBeNull()
      view = await serve(async signal => {
        await sendCommand(project, { kind: 'resume', runId }, asked)
        return followRun(project, runId, () => undefined, signal, asked)
      })
    }
    expect(view).toMatchObject({ outcome: 'done', failures: [] })
    for (const ms of stretches(view)) {
      expect(ms).toBeGreaterThanOrEqual(0)
      expect(ms).toBeLessThan(hour / 2)
    }
    expect(Math.round(view.clockBackMs / hour)).toBe(toldMs / hour)
    const receipt = renderReceipt(view)
    expect(/clock was set back by 2[34] h/.test(receipt)).toBe(toldMs > 0)
    const page = pageOf(view, wall())
    const underWay = pageOf({ ...view, endedAt: null }, view.requestedAt - day)
    for (const document of [receipt, page, underWay])
      expect(document).not.toMatch(/NaN|Infinity|"-\d|[ >]-\d+(?:\.\d)? (?:ms|s|min|h)\b/)
    expect(project.store.events.activeMs(runId, wall())).toBeGreaterThanOrEqual(0)
    project.close()
  })
})

test('the time under way is never less than none, so a clock set back lifts no limit of minutes', () => {
  const store = scratchStore()
  const runId = 'k3m9q2x7'
  const resumed = { type: 'operator.resumed' as const, runId, commandId: 'x', extra: false }
  const concluded = { type: 'run.concluded' as const, runId }
  store.events.append(resumed, 10 * hour, 1)
  store.events.append(concluded, 1 * hour, 1)
  store.events.append(resumed, 2 * hour, 1)
  store.events.append(concluded, 3 * hour, 1)
  expect(store.events.activeMs(runId, 0)).toBe(hour)
})

test('what an agent said keeps its order, whatever time each line has', async () => {
  const dir = join(scratch, 'k3m9q2x7-1')
  mkdirSync(dir)
  const said = (texts: [number, string][]): string =>
    texts.map(([at, text]) => `${JSON.stringify({ at, type: 'text', text })}\n`).join('')
  const lines: [number, string][] = [
    [5_000, 'one'],
    [1_000, 'two'],
    [2_000, 'three'],
  ]
  writeFileSync(join(dir, 'worker-claude-1.jsonl'), said(lines))
  writeFileSync(join(dir, 'verifier-codex-1.jsonl'), said([[6_000, 'four']]))
  const entries = await transcriptReader(scratch, () => ['k3m9q2x7-1'])()
  expect(entries.map(({ event }) => (event.type === 'text' ? event.text : ''))).toEqual(['one', 'two', 'three', 'four'])
})
