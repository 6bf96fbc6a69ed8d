/** Repositories a run is refused on: at the door, before anything is written, and again when the run begins. */
import { readdirSync } from 'node:fs'
import { expect, test } from 'vitest'
import { followRun, openProject, requestRun, sendCommand, withForegroundSupervisor } from '../../src/app.ts'
import { AgentLabError } from '../../src/domain/errors.ts'
import { renderReceipt } from '../../src/domain/receipt.ts'
import { fakeEnvironment, fakeWish } from '../support/fake-crew.ts'
import { commitFiles, makeRepository, makeScratch, removeScratch, shellGit } from '../support/git-repository.ts'
import { makesOneFile, oddConfig, planOf } from '../support/odd-run.ts'

/** `main` in the middle of a merge that conflicts. */
const mergeOnMain = (root: string): void => {
  shellGit(root, ['switch', '-q', '-c', 'other'])
  commitFiles(root, { 'README.md': 'theirs\n' })
  shellGit(root, ['switch', '-q', 'main'])
  commitFiles(root, { 'README.md': 'ours\n' })
  expect(() => shellGit(root, ['merge', '-q', 'other'])).toThrow()
}

const inScratch = async (work: (root: string, env: Record<string, string>) => Promise<void>): Promise<void> => {
  const scratch = makeScratch('unfit')
  try {
    await work(
      makeRepository(scratch, { 'README.md': 'Hello\n', ...oddConfig }),
      fakeEnvironment(scratch, 'instant-claude'),
    )
  } finally {
    removeScratch(scratch)
  }
}

test('a run is refused at the door with the line to type, and nothing of it is written', () =>
  inScratch(async (root, env) => {
    mergeOnMain(root)
    const refs = shellGit(root, ['for-each-ref'])
    const project = await openProject({ cwd: root, env })
    const asked = requestRun(project, fakeWish(planOf(makesOneFile)), { startSupervisor: false })
    const refusal = await asked.catch((error: unknown) => error)
    expect(refusal).toBeInstanceOf(AgentLabError)
    expect(refusal).toMatchObject({
      code: 'unfinished-work',
      exit: 2,
      cure: expect.stringContaining('git merge --continue'),
    })
    expect(project.store.machines.runs(10)).toEqual([])
    expect(project.store.commands.unanswered()).toEqual([])
    expect(readdirSync(project.dataDir)).not.toContain('seats')
    project.close()
    expect(shellGit(root, ['for-each-ref'])).toBe(refs)
  }))

test('what came up after the request is seen when the run begins: it waits, and goes on once the line was typed', () =>
  inScratch(async (root, env) => {
    const project = await openProject({ cwd: root, env })
    const { signal } = new AbortController()
    const follow = (runId: string) => followRun(project, runId, () => {}, signal, { startSupervisor: false })
    const asking = requestRun(project, fakeWish(planOf(makesOneFile)), { startSupervisor: false, patienceMs: 60_000 })
    while (project.store.commands.unanswered().length === 0) await new Promise(done => setTimeout(done, 5))
    mergeOnMain(root)
    await withForegroundSupervisor(project, { signal }, async () => {
      const { runId } = await asking
      const first = await follow(runId)
      expect(first).toMatchObject({ outcome: 'awaitingOperator', waitReason: 'repositoryUnfit', tasks: [] })
      expect(renderReceipt(first)).toContain('git merge --abort')
      expect(first.spending.requests).toBe(0)
      shellGit(root, ['merge', '--abort'])
      await sendCommand(project, { kind: 'resume', runId }, { startSupervisor: false })
      expect(await follow(runId)).toMatchObject({ outcome: 'done' })
    })
    project.close()
    expect(shellGit(root, ['show', 'agent:README.md'])).toBe('ours')
  }))

test('a plan that is to change files of a submodule is refused at the door', () =>
  inScratch(async (root, env) => {
    const sub = makeRepository(env.HOME!)
    shellGit(root, ['-c', 'protocol.file.allow=always', 'submodule', '--quiet', 'add', sub, 'vendor/sub'])
    commitFiles(root, {})
    const project = await openProject({ cwd: root, env })
    const plan = 'tasks: [{ key: one, title: Do, what: Do it., paths: [vendor/sub/a.c] }]'
    const asked = requestRun(project, fakeWish(plan), { startSupervisor: false })
    await expect(asked).rejects.toMatchObject({ code: 'plan-in-submodule', exit: 2 })
    expect(project.store.commands.unanswered()).toEqual([])
    project.close()
  }))
