/** Runs whose agents, checks or machine have no room left: ended for a reason of its own, and never tried again blindly. */
import { appendFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { renderReceipt } from '../../src/domain/receipt.ts'
import { fakeEnvironment } from '../support/fake-crew.ts'
import { type Files, makeRepository, makeScratch, removeScratch } from '../support/git-repository.ts'
import { makesOneFile, planOf, runIn } from '../support/odd-run.ts'

const fill =
  'i=0; while [ $i -lt 60 ]; do head -c 4194304 /dev/zero >../tmp/f$i; i=$((i+1)); sleep 0.02; done; sleep 200'

const runOf = async (files: Files, script: string, operator = '') => {
  const scratch = makeScratch('outgrown')
  try {
    const root = makeRepository(scratch, { 'README.md': 'Hello\n', ...files })
    const env = fakeEnvironment(scratch, 'instant-claude')
    appendFileSync(join(env.HOME!, '.config/agentlab/config.yaml'), operator)
    return await runIn(root, env, planOf(script))
  } finally {
    removeScratch(scratch)
  }
}

test('an agent that fills its seat is ended, and its task waits for the operator', async () => {
  const view = await runOf({ 'agentlab.yaml': 'limits: { diskMB: 40 }\n' }, fill)
  expect(view).toMatchObject({
    outcome: 'awaitingOperator',
    tasks: [{ waitReason: 'limitReached', attempts: [{ n: 1, outcome: 'failed', class: 'disk' }] }],
  })
  expect(renderReceipt(view)).toContain('failed: disk')
})

test('a check that fills its seat fails, and says why', async () => {
  const check = JSON.stringify({ name: 'made', command: ['sh', '-c', `[ -f made.txt ] || exit 0; ${fill}`] })
  const view = await runOf(
    { 'agentlab.yaml': `limits: { diskMB: 40, maxAttempts: 1 }\nchecks: [${check}]\n` },
    makesOneFile,
  )
  expect(view.tasks[0]!.checks).toMatchObject([{ status: 'failed' }])
  const [found] = view.tasks[0]!.findings
  expect(found!.findings![0]!.reproduction!.observed).toContain('Ended because its seat held more than 40.0 MiB')
})

test('where the machine has no room to spare nothing is begun', async () => {
  await expect(runOf({}, makesOneFile, 'keep: { freeMB: 99999999 }\n')).rejects.toMatchObject({
    code: 'disk-full',
    exit: 1,
    message: expect.stringMatching(/are free, and 95\.4 TiB have to stay free/),
  })
})
