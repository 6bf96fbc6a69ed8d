/** The lane of a run: raised by what it can reach, loosened by a person alone, held at the base, the plan and each task. */
import { describe, expect, test } from 'vitest'
import { searchStack } from '../../src/app/effects/train-checks.ts'
import type { Host, RunScope } from '../../src/app/host.ts'
import { laneForWish, refuseStricterFiles, stricterDemand, stricterPlan } from '../../src/app/lane-of-run.ts'
import { planRun } from '../../src/app/plan-run.ts'
import {
  followRun,
  openProject,
  type Project,
  type RunWish,
  requestRun,
  sendCommand,
  sendPlanEdit,
  withForegroundSupervisor,
} from '../../src/app.ts'
import type { EffectOf } from '../../src/domain/effect.ts'
import type { TrainMember } from '../../src/domain/event.ts'
import { noMoney } from '../../src/domain/prices.ts'
import { renderReceipt } from '../../src/domain/receipt.ts'
import { type ReceiptMaterial, renderReceiptHtml } from '../../src/domain/receipt-html.ts'
import { planFromFile } from '../../src/planner/plan-file.ts'
import { readRunView } from '../../src/store/run-view.ts'
import { fakeEnvironment, fakeWish } from '../support/fake-crew.ts'
import {
  commitFiles,
  type Files,
  makeRepository,
  makeScratch,
  removeScratch,
  shellGit,
} from '../support/git-repository.ts'
import { makesOneFile, planOf } from '../support/odd-run.ts'

const rules = { 'agentlab.yaml': 'paths: { "private/**": private, "clients/**": enterprise }\n' }

const inProject = async (files: Files, work: (project: Project, root: string) => Promise<void>): Promise<void> => {
  const scratch = makeScratch('lane')
  const root = makeRepository(scratch, { 'README.md': 'Hello\n', ...files })
  const project = await openProject({ cwd: root, env: fakeEnvironment(scratch, 'instant-claude') })
  try {
    await work(project, root)
  } finally {
    project.close()
    removeScratch(scratch)
  }
}

const plan = planOf(makesOneFile)
const naming = (...paths: string[]): string =>
  JSON.stringify({ tasks: [{ key: 'one', title: 'One', what: 'Do it.', worker: 'claude', paths }] })

const laneOf = async (project: Project, over: Partial<RunWish> = {}) =>
  planRun(project, fakeWish(plan, over)).then(
    ({ lane, loosened }) => ({ lane, loosened }),
    (error: { code?: string; message: string }) => `${error.code}: ${error.message}`,
  )

const { signal } = new AbortController()

describe('a run', () => {
  test('takes the lane its repository, its history and its plan need', () =>
    inProject({ ...rules }, async (project, root) => {
      expect(await laneOf(project)).toEqual({ lane: 'personal' })
      expect(await laneOf(project, { planText: naming('./Clients//x') })).toEqual({ lane: 'enterprise' })
      expect(await laneOf(project, { lane: 'private', planText: naming('clients/x') })).toEqual({ lane: 'private' })
      commitFiles(root, { 'clients/a': '1\n' })
      expect(await laneOf(project)).toEqual({ lane: 'enterprise' })
      commitFiles(root, { 'private/b': '1\n' })
      commitFiles(root, { 'private/b': null })
      expect(await laneOf(project)).toEqual({ lane: 'private' })
    }))

  test('is refused a looser lane with the reason, unless a person agreed to loosen it from there', () =>
    inProject({ ...rules, 'clients/a': '1\n', 'clients/b': '1\n' }, async (project, root) => {
      const refused =
        'lane-too-loose: agentlab failed on --lane personal: this run needs lane enterprise: clients/** is enterprise (agentlab.yaml): it holds for clients/a and 1 other'
      expect(await laneOf(project, { lane: 'personal' })).toBe(refused)
      expect(await laneOf(project, { lane: 'personal', loosenedFrom: 'enterprise' })).toEqual({
        lane: 'personal',
        loosened: { from: 'enterprise' },
      })
      commitFiles(root, { 'private/b': '1\n' })
      expect(await laneOf(project, { lane: 'personal', loosenedFrom: 'enterprise' })).toMatch(/^lane-too-loose: /)
    }))

  test("is refused a lane looser than its repository's, and files handed in count as its own", () =>
    inProject({ 'agentlab.yaml': 'lane: enterprise\n' }, async project => {
      expect(await laneOf(project, { lane: 'personal' })).toMatch(/needs lane enterprise: agentlab\.yaml says lane/)
      const { effective } = project.config
      effective.handIn = ['conf/.env.test']
      effective.paths = [{ pattern: 'conf', lane: 'private', from: 'operator' }]
      const { lane, reasons } = await laneForWish(project, { planText: null })
      expect(lane).toBe('private')
      expect(reasons.at(-1)).toMatchObject({ place: 'files', example: 'conf/.env.test', from: 'operator' })
    }))
})

test('a base, a plan or a branch that holds a stricter path stops a run of a looser lane, one that was loosened goes on', () =>
  inProject(rules, async (project, root) => {
    const host = { project } as Host
    const scopeIn = (request: Pick<RunScope['request'], 'lane' | 'loosened'>) =>
      ({ runId: 'k3m9q2x7', request, config: project.config.effective }) as RunScope
    const before = shellGit(root, ['rev-parse', 'HEAD'])
    const loose = scopeIn({ lane: 'personal' })
    expect(await stricterDemand(host, loose, before)).toBeNull()
    const base = commitFiles(root, { 'private/b': '1\n' })
    // The objects are there, whatever commit is checked out.
    expect(await stricterDemand(host, loose, before)).toMatch(/lane personal is too loose: private\/\*\* .*history/)
    expect(await stricterDemand(host, loose, base)).toMatch(/it holds for private\/b/)
    const strict = { ...project.config.effective, lane: 'enterprise' as const, laneFrom: 'repository' as const }
    expect(await stricterDemand(host, { ...loose, config: strict }, before)).toMatch(/agentlab\.yaml says lane/)
    await expect(refuseStricterFiles(host, loose, base)).rejects.toMatchObject({ code: 'lane-too-loose' })
    await refuseStricterFiles(host, loose, before)
    // What has come onto `agent` since the merge lies below every tip of a train.
    const stacked = [{ tree: base, member: {} as TrainMember }]
    const train = { effect: {} as EffectOf<'train.run'>, agent: before, stacked, isFirstKnown: false }
    await expect(searchStack(host, loose, train, signal)).rejects.toMatchObject({ code: 'lane-too-loose' })
    const context = { runId: 'k3m9q2x7', lane: 'personal' as const, workers: ['claude' as const], checks: [] }
    const named = planFromFile(naming('private/new'), 'it', context)
    expect(stricterPlan(loose, named)).toMatch(/the plan names private\/new/)
    for (const request of [
      { lane: 'private' as const },
      { lane: 'personal' as const, loosened: { from: 'private' as const } },
    ]) {
      expect(await stricterDemand(host, scopeIn(request), base)).toBeNull()
      await refuseStricterFiles(host, scopeIn(request), base)
      expect(stricterPlan(scopeIn(request), named)).toBeNull()
    }
    const halfway = scopeIn({ lane: 'personal', loosened: { from: 'enterprise' } })
    expect(stricterPlan(halfway, named)).toMatch(/too loose/)
  }))

const material: ReceiptMaterial = {
  diffs: new Map(),
  money: { total: noMoney(), byWorker: new Map() },
  sha256: () => '',
  now: 0,
}
const startSupervisor = { startSupervisor: false }
const follow = (project: Project, runId: string) => followRun(project, runId, () => {}, signal, startSupervisor)

test('what came up after the request stops the run when it begins, and an edit can not lead it there', () =>
  inProject(rules, async (project, root) => {
    const asking = requestRun(project, fakeWish(plan, { reviewPlan: true }), { ...startSupervisor, patienceMs: 60_000 })
    while (project.store.commands.unanswered().length === 0) await new Promise(done => setTimeout(done, 5))
    commitFiles(root, { 'clients/a': '1\n' })
    await withForegroundSupervisor(project, { signal }, async () => {
      const { runId } = await asking
      expect(await follow(project, runId)).toMatchObject({
        outcome: 'awaitingOperator',
        waitReason: 'stricterLane',
        waitDetail: expect.stringContaining('clients/** is enterprise'),
        lane: 'personal',
      })
      // A new one takes the lane by itself; its plan can't be led to a stricter one.
      const again = await requestRun(project, fakeWish(plan, { reviewPlan: true }), startSupervisor)
      const view = await follow(project, again.runId)
      expect(view).toMatchObject({ lane: 'enterprise', waitReason: 'planReview' })
      const { currentPlan } = await import('../../src/store/current-plan.ts')
      const fromHash = currentPlan(project.store, project.store.events.ofRun(again.runId))!.hash
      const answer = await sendPlanEdit(project, view, { text: naming('private/x'), fromHash }, startSupervisor)
      expect(answer).toMatchObject({ accepted: false, text: expect.stringContaining('lane enterprise is too loose') })
      await sendCommand(project, { kind: 'cancel', runId: again.runId }, startSupervisor)
    })
  }))

test('work that puts a file where a stricter lane is demanded is refused, and never reaches the repository', () =>
  inProject({ 'agentlab.yaml': `${rules['agentlab.yaml']}limits: { maxAttempts: 1 }\n` }, async (project, root) => {
    const strays = planOf('mkdir -p Private\necho made >Private/new\ngit add -A\ngit commit -q -m Made')
    const view = await withForegroundSupervisor(project, { signal }, async () =>
      follow(project, (await requestRun(project, fakeWish(strays), startSupervisor)).runId),
    )
    expect(view).toMatchObject({ outcome: 'awaitingOperator', tasks: [{ waitReason: 'attemptsUsed', tip: null }] })
    const claims = view.tasks[0]!.findings.flatMap(({ findings }) => findings ?? [])
    expect(claims).toEqual([
      expect.objectContaining({
        file: 'Private/new',
        claim: expect.stringContaining('it is for work in lane private'),
      }),
    ])
    expect(await laneOf(project)).toEqual({ lane: 'personal' })
    expect(shellGit(root, ['for-each-ref', 'refs/heads/task'])).toBe('')
  }))

test('a loosened run says so for good: on the log, in show, on the receipt and under NOT PROVEN', () =>
  inProject({ ...rules, 'clients/a': '1\n' }, async project => {
    const wish = fakeWish(plan, { lane: 'personal', loosenedFrom: 'enterprise' })
    const { runId } = await withForegroundSupervisor(project, { signal }, () =>
      requestRun(project, wish, startSupervisor),
    )
    const requested = project.store.events.ofRun(runId)[0]!.event
    expect(requested).toMatchObject({ request: { lane: 'personal', loosened: { from: 'enterprise' } } })
    const view = readRunView(project.store, runId)!
    expect(view).toMatchObject({ lane: 'personal', loosenedFrom: 'enterprise' })
    for (const text of [renderReceipt(view), renderReceiptHtml(view, material)]) {
      expect(text).toContain('personal, loosened by you from enterprise')
      expect(text).toContain('You let this run into lane personal although it needed enterprise')
    }
  }))
