/** A lane is loosened by a person at a terminal who types its name, and by nobody else. */
import { spawnSync } from 'node:child_process'
import { resolve } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { fakeEnvironment, scenarioText } from '../support/fake-crew.ts'
import { makeRepository, makeScratch, removeScratch, writeFiles } from '../support/git-repository.ts'
import { makesOneFile, planOf } from '../support/odd-run.ts'
import { runAtTerminal } from '../support/terminal.ts'

const scratch = makeScratch('loosen')
afterAll(() => removeScratch(scratch))
const root = makeRepository(scratch, {
  'README.md': 'Hello\n',
  'clients/a': '1\n',
  'agentlab.yaml': 'paths: { "clients/**": enterprise }\n',
})
const env: Record<string, string> = { ...fakeEnvironment(scratch, 'instant-claude'), TERM: 'xterm' }
writeFiles(scratch, { 'plan.yaml': planOf(makesOneFile), 'scenario.yaml': scenarioText })

const main = resolve('src/cli/main.ts')
const words = (...more: string[]): string[] =>
  [
    'task',
    'x',
    '--lane',
    'personal',
    '--loosen',
    '--foreground',
    '--same-vendor',
    '--agents',
    'claude',
    ...more,
  ].concat(['--plan', `${scratch}/plan.yaml`, '--rehearse', `${scratch}/scenario.yaml`])
const runs = (): { runId: string; lane: string }[] => {
  const { stdout } = spawnSync(process.execPath, [main, 'runs', '--json'], { cwd: root, env, encoding: 'utf8' })
  return JSON.parse(stdout) as { runId: string; lane: string }[]
}
const atTerminal = (answer: string) =>
  runAtTerminal({
    scratch,
    cwd: root,
    env,
    command: [process.execPath, main, ...words()].map(word => `'${word}'`).join(' '),
    prompt: 'anything else to leave it',
    answer,
  })

test('without a terminal it is refused, whatever is put into its standard input', () => {
  const { status, stderr } = spawnSync(process.execPath, [main, ...words()], {
    cwd: root,
    env,
    input: 'personal\n',
    encoding: 'utf8',
  })
  expect(stderr).toMatch(/failed on --loosen: only a person at a terminal loosens a lane/)
  expect(stderr).toMatch(/→ At a terminal of your own: agentlab task --lane personal --loosen/)
  expect(status).toBe(2)
  expect(runs()).toEqual([])
})

test('an answer that is not the lane changes nothing', async () => {
  const { exit, text } = await atTerminal('yes')
  expect(text).toMatch(/This run needs lane enterprise:\n {2}clients\/\*\* is enterprise .*clients\/a/)
  expect(text).toMatch(/may be seen by: anthropic, google, local/)
  expect(text).toMatch(/you did not agree/)
  expect(exit).toBe(1)
  expect(runs()).toEqual([])
})

test('the name of the lane lets it go on, and what is left says so', async () => {
  const { exit, text } = await atTerminal('personal')
  expect(exit, text).toBe(0)
  const [run] = runs()
  expect(run).toMatchObject({ lane: 'personal' })
  const shown = spawnSync(process.execPath, [main, 'show', run!.runId], { cwd: root, env, encoding: 'utf8' }).stdout
  expect(shown).toMatch(/lane personal, loosened by you from enterprise/)
})
