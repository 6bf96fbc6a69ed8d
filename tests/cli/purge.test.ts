/** `agentlab purge` as it is typed: what it asks for, what it refuses by name, and what readers say afterwards. */

import { join } from 'node:path'
import { beforeAll, expect, test } from 'vitest'
import { openDatabase } from '../../src/store/database.ts'
import { createStore } from '../../src/store/store.ts'
import { shellGit } from '../support/git-repository.ts'
import { recording, recordRun } from '../support/recorded-run.ts'
import { agentlab, dataDirIn, makeWorld, type World } from './world.ts'

let world: World
beforeAll(async () => {
  world = makeWorld()
  const base = shellGit(world.repository, ['rev-parse', 'HEAD'])
  await agentlab(world, ['runs', '-f'])
  const store = createStore(openDatabase(join(dataDirIn(world), 'store.db')))
  const tasks = [{ title: 'Do it', after: [], base, tip: base, findings: [] }]
  store.write(() => {
    recordRun(store, recording({ runId: 'ended000', goal: 'Say a word', tasks }))
    recordRun(store, recording({ runId: 'waits000', goal: 'Wait a bit', state: 'awaitingOperator' }))
  })
  store.close()
})

test('needs a word where nobody can be asked, and refuses a run that has not ended by its name', async () => {
  const unasked = await agentlab(world, ['purge', '--run', 'ended'])
  expect(unasked).toMatchObject({ exit: 2, stdout: '' })
  expect(unasked.stderr).toMatch(/purge failed on its consent: nobody can be asked.*\n.*--yes/)
  const open = await agentlab(world, ['purge', '--run', 'waits', '--yes'])
  expect(open).toMatchObject({ exit: 2, stdout: '' })
  expect(open.stderr).toMatch(/purge failed on waits000: its run waits for you\n.*agentlab cancel waits000/)
})

test('says what would go, erases it, and readers say when', async () => {
  const dry = await agentlab(world, ['purge', '--older-than', '1d', '--dry-run'])
  expect(dry.exit).toBe(0)
  expect(dry.stdout).toMatch(/^remove +content +ended000 .*its run ended on 2026-01-02, lane personal/)
  expect(dry.stderr).toMatch(/would be erased for good/)
  expect((await agentlab(world, ['show', 'ended000'])).stdout).toContain('Say a word')

  const done = await agentlab(world, ['purge', '--older-than', '1d', '--lane', 'personal', '--yes'])
  expect(done).toMatchObject({ exit: 0, stdout: expect.stringMatching(/^rewrite +file +store\.db /m) })
  const today = new Date().toISOString().slice(0, 10)
  const runs = (await agentlab(world, ['runs'])).stdout
  expect(runs).toMatch(new RegExp(`^ended000.*\\(erased on ${today}\\)`, 'm'))
  expect(runs).toContain('Wait a bit')
  expect((await agentlab(world, ['show', 'ended000'])).stdout).toContain(`erased on ${today}`)
  expect((await agentlab(world, ['receipt', 'ended000'])).stdout).toContain(`Goal: erased on ${today}.`)
  expect((await agentlab(world, ['logs', 'ended000'])).stderr).toContain(`What was said was erased on ${today}.`)
  const again = await agentlab(world, ['purge', '--run', 'ended000', '--yes'])
  expect(again).toMatchObject({ exit: 0, stderr: expect.stringContaining('Nothing is to be erased') })
})
