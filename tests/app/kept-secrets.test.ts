/** A whole run in which everybody spills secrets: nothing that is kept of it holds one. */
import { appendFileSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { planWithoutSecrets } from '../../src/app/kept-plan.ts'
import { followRun, openProject, requestRun, withForegroundSupervisor } from '../../src/app.ts'
import { createRedactor } from '../../src/domain/redaction/redactor.ts'
import { readPlanFile } from '../../src/planner/plan-file.ts'
import { readRunView } from '../../src/store/run-view.ts'
import { filesHolding } from '../support/canary.ts'
import { fakeEnvironment, fakeWish } from '../support/fake-crew.ts'
import { makeRepository, makeScratch, removeScratch } from '../support/git-repository.ts'
import { planOf } from '../support/odd-run.ts'

// Each is put together where it is spilt, so that neither configuration nor plan holds it.
const halves = { ghp_: '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ', AKIA: 'ABCDEFGH234567QR', own0815: 'credentialofmine' }
const spill = (prefix: keyof typeof halves): string => `printf '${prefix}%s\\n' ${halves[prefix]}`
const secrets = Object.entries(halves).map(([prefix, rest]) => `${prefix}${rest}`)

test('a plan in YAML stays a plan when a secret is taken out of it', () => {
  const plan = (token: string): string =>
    `tasks:\n  - key: one\n    title: Use ${token} well\n    what: ${token}\n    worker: claude\n`
  const redactor = createRedactor()
  expect(planWithoutSecrets(redactor, plan('a token'))).toBe(plan('a token'))
  const kept = planWithoutSecrets(redactor, plan(secrets[0]!))
  expect(readPlanFile(kept, 'the plan').tasks).toMatchObject([
    { title: 'Use [redacted: github token] well', what: '[redacted: github token]', worker: 'claude' },
  ])
})

test('what a worker, a check, a plan and a goal spill is kept without the secrets in it', async () => {
  const dir = makeScratch('secrets')
  onTestFinished(() => removeScratch(dir))
  const check = { name: 'whole', command: ['sh', '-c', `${spill('AKIA')}; ${spill('own0815')}; test ! -f broken.txt`] }
  const root = makeRepository(dir, {
    'README.md': 'Hello\n',
    'agentlab.yaml': `checks: [${JSON.stringify(check)}]\nlimits: { maxAttempts: 1 }\n`,
  })
  const env = { ...fakeEnvironment(dir, 'instant-claude'), ANTHROPIC_API_KEY: `own0815${halves.own0815}` }
  const project = await openProject({ cwd: root, env })
  onTestFinished(() => project.close())
  const { signal } = new AbortController()
  const log = (line: string): void => appendFileSync(project.paths.log, `${line}\n`)
  const plan = planOf(`${spill('ghp_')}\n${spill('own0815')}\necho x >broken.txt\ngit add .; git commit -q -m Made`)
  const runId = await withForegroundSupervisor(project, { signal, log }, async () => {
    const wish = fakeWish(plan, { goal: `Use ${secrets[1]} and ${secrets[0]}.` })
    const asked = await requestRun(project, wish, { startSupervisor: false })
    await followRun(project, asked.runId, () => undefined, signal, { startSupervisor: false })
    return asked.runId
  })
  const view = readRunView(project.store, runId)!
  expect(view.goal).toBe('Use [redacted: aws access key] and [redacted: github token].')
  const [finding] = view.tasks[0]!.findings.flatMap(({ findings }) => findings ?? [])
  const printed = /\[redacted: aws access key\]\n\[redacted: operator credential\]/
  expect(finding!.reproduction!.observed).toMatch(printed)
  const transcripts = join(project.paths.transcripts, `${runId}-1`)
  const said = readdirSync(transcripts).map(name => readFileSync(join(transcripts, name), 'utf8'))
  expect(said.join('')).toContain('[redacted: github token]')
  expect(said.join('')).toContain('[redacted: operator credential]')
  for (const secret of secrets) expect(filesHolding(project.dataDir, secret), secret).toEqual([])
})
