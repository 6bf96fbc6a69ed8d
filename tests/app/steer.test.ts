/** The operator's words to a local worker in the middle of its task, with the supervisor killed between two of them. */
import { existsSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { steeringFor } from '../../src/app/steering.ts'
import { lockHolder } from '../../src/store/lock.ts'
import { contentId, runId, scratchStore, taskId } from '../store/scratch-store.ts'
import { inLab, until } from './lab.ts'

const waits = (n: number): string => `{ run: "touch at${n}; until [ -e go${n} ]; do sleep 0.05; done; echo went ${n}" }`
const answer = `{ research: { answer: 'README.md:1 says Hello.', claims: [], unknown: [] } }`
const scenarioText = `
tasks:
  one:
    attempts:
      - steps: [${waits(1)}, ${waits(2)}, { run: echo on }, ${answer}]
defaults: { researcher: { steps: [${answer}] } }
`
const research = (key: string, more = ''): string =>
  `{ key: ${key}, kind: research, title: Read it, what: Say what README.md says., worker: local${more} }`
const plan = `tasks: [${research('one')}, ${research('two', ', dependsOn: [one]')}]`

test('what the operator says reaches the conversation once each, whoever is killed meanwhile, and is refused where nobody listens', () =>
  inLab({}, async lab => {
    const options = ['--lane', 'private', '--agents', 'local', '--same-vendor']
    const files = [lab.file('plan.yaml', plan), lab.file('scenario.yaml', scenarioText)] as const
    const run = lab.start('task', '--plan', files[0], '--rehearse', files[1], ...options)
    const runId = await until('the run', () => {
      return lab.open(project => project.store.machines.runs(1)[0]?.id).catch(() => null)
    })
    const one = `${runId}-1`
    const place = (name: string): string => join(lab.dataDir, 'seats', `${one}.local/workspace`, name)
    const messages = async () => (await lab.view(runId)).tasks[0]!.messages ?? []
    await until('the first command', () => existsSync(place('at1')))

    expect((await lab.cli('show', one)).stdout).not.toContain('you said')
    expect(await lab.cli('steer', one, 'Use tabs.')).toMatchObject({ exit: 0 })
    expect(await lab.cli('steer', `${runId}-2`, 'Hello?')).toMatchObject({
      exit: 1,
      stderr: expect.stringMatching(/steer failed on \S+-2: Nobody works on task \S+-2 now \(it is pending\)/),
    })
    expect(await lab.cli('steer', runId, 'Hello?')).toMatchObject({ exit: 2 })
    expect(await lab.cli('steer', one, ' ')).toMatchObject({ exit: 2 })
    writeFileSync(place('go1'), '')
    await until('the second command', () => existsSync(place('at2')))
    await until('the delivery', async () => (await messages())[0]?.deliveredAt)

    const key = `sk-ant-api03-${'x'.repeat(80)}`
    expect(await lab.cli('steer', one, `And spaces there. ${key}`)).toMatchObject({ exit: 0 })
    expect((await lab.cli('show', one)).stdout).toMatch(
      /you said \(delivered\): Use tabs\.\n.*you said \(not delivered yet\): And spaces there\. (?!sk-)/,
    )
    const killed = lockHolder(join(lab.dataDir, 'supervisor.lock'))!.pid
    process.kill(killed, 'SIGKILL')
    expect(await run.ended).toMatchObject({ exit: 0 })

    expect((await messages()).map(message => message.deliveredAt !== null)).toEqual([true, true])
    const told = (await lab.events(runId))
      .filter(event => /steered|delivered/.test(event.type))
      .map(event => event.type)
    expect(told).toEqual(['operator.steered', 'message.delivered', 'operator.steered', 'message.delivered'])
    const { stdout: logs } = await lab.cli('logs', one)
    expect(logs.match(/operator: /g)).toHaveLength(2)
    expect(logs).toContain('operator: Use tabs.')
    // The conversation was taken up where it was cut off.
    expect(logs.match(/▸ run touch at1/g)).toHaveLength(1)
    expect(logs).not.toContain(key)
    expect(existsSync(join(lab.dataDir, 'seats', `${one}.local.io/inbox`))).toBe(false)
    expect(await lab.cli('steer', one, 'Too late')).toMatchObject({ exit: 1 })
  }))

test.each([
  ['local', 'working', null],
  ['local', 'verifying', /Nobody works on task \S+ now \(it is verifying\)/],
  ['local', 'integrated', /Nobody works/],
  ['codex', 'working', /codex's; only the conversations of local/],
])("a message to %s's task that is %s", (worker, state, refusal) => {
  const store = scratchStore()
  store.machines.save({ id: taskId, kind: 'task', runId, state, context: { fact: { worker } }, seq: 1 })
  const found = steeringFor(store, 'command', { kind: 'steer', runId, taskId, contentId: contentId('1') })
  if (refusal === null) expect(found).toMatchObject({ type: 'operator.steered', taskId, commandId: 'command' })
  else expect(found).toMatch(refusal)
})
