/** A plan that is asked for by itself, made by each of the real planners: questions, answers out of shape, missing logins. */
import { describe, expect, test } from 'vitest'
import { type Ended, inLab, type Lab } from './lab.ts'

const twoTasks = {
  summary: 'Two parts.',
  tasks: [
    { key: 'one', title: 'Do one', what: 'Write one.\n\nWith care.', worker: 'codex', paths: ['one.txt'] },
    { key: 'two', title: 'Do two', what: 'Write two.', worker: 'codex', dependsOn: ['one'], paths: ['two.txt'] },
  ],
}

/** JSON is YAML, on one line. */
const plans = `{ plan: ${JSON.stringify(twoTasks)} }`

const asking = `
planner:
  - steps: [{ question: Which language? }]
  - steps: [${plans}]
`

const crew = ['--agents', 'codex,claude']
const rehearse = (lab: Lab, text: string): string[] => ['--rehearse', lab.file('scenario.yaml', text), ...crew]
const idIn = ({ stdout, stderr }: Ended): string => /\brun ([a-z0-9]{8})\b/i.exec(stderr + stdout)![1]!

describe('a plan that is only made', () => {
  test('is asked about, answered, printed, and taken unchanged by task --plan', () =>
    inLab({}, async lab => {
      const asked = await lab.cli('plan', 'Greet', ...rehearse(lab, asking))
      expect(asked, asked.stderr).toMatchObject({ exit: 3 })
      const runId = idIn(asked)
      expect(asked.stdout).toMatch(new RegExp(`Which language\\?[\\s\\S]*agentlab answer ${runId} "<text>"`))
      const resumed = await lab.cli('resume', runId)
      expect(resumed).toMatchObject({ exit: 1, stderr: expect.stringContaining(`agentlab answer ${runId}`) })

      const answered = await lab.cli('answer', runId, 'English.')
      expect(answered, answered.stderr).toMatchObject({ exit: 0 })
      expect(answered.stdout).toMatch(
        /^# 2 tasks, at most 1 at work at once[\s\S]*# Advice: one worker[\s\S]*\nsummary: Two parts\.\ntasks:/,
      )
      expect(await lab.cli('answer', runId, 'Again.')).toMatchObject({
        exit: 1,
        stderr: expect.stringContaining('asks nothing'),
      })
      expect((await lab.view(runId)).planning).toMatchObject({
        planner: 'claude',
        questions: [{ question: 'Which language?', answer: 'English.' }],
      })
      expect(lab.git('branch', '--list', 'task/*')).toBe('')

      const file = lab.file('plan.yaml', answered.stdout)
      const taken = await lab.cli('task', 'Greet', '--plan', file, '--review-plan', ...rehearse(lab, asking))
      expect(taken, taken.stderr).toMatchObject({ exit: 3 })
      const { tasks } = await lab.view(idIn(taken))
      expect(tasks.map(({ title, worker, dependsOn }) => [title, worker, dependsOn.length])).toEqual([
        ['Do one', 'codex', 0],
        ['Do two', 'codex', 1],
      ])
    }))
})

test('a plan that names a path of a stricter lane stops the run before anything is worked on', () =>
  inLab({ 'agentlab.yaml': 'paths: { "secret/**": private }\n' }, async lab => {
    const astray = { tasks: [{ key: 'a', title: 'A', what: 'A.', paths: ['./Secret/key.txt'] }] }
    const text = `planner: [{ steps: [{ plan: ${JSON.stringify(astray)} }] }]\n`
    const stopped = await lab.cli('task', 'Greet', ...rehearse(lab, text))
    expect(stopped, stopped.stderr).toMatchObject({ exit: 3 })
    expect(await lab.view(idIn(stopped))).toMatchObject({
      lane: 'personal',
      waitReason: 'stricterLane',
      waitDetail: expect.stringContaining('secret/** is private (agentlab.yaml): the plan names Secret/key.txt'),
      tasks: [],
    })
    expect(stopped.stdout).toMatch(/agentlab cancel .*agentlab task --lane <lane>/)
    // Asked anew with that plan, it takes the lane by itself.
    const plan = lab.file('plan.yaml', JSON.stringify(astray))
    const again = await lab.cli('task', 'Greet', '--plan', plan, '--review-plan', ...rehearse(lab, text))
    expect(again.stderr).toMatch(/^Lane private: secret/m)
    expect(await lab.view(idIn(again))).toMatchObject({ lane: 'private', waitReason: 'planReview' })
  }))

describe('a planner by preference', () => {
  const withPlanner = (attempts: string): string => `
planner:
${attempts}
`
  const prefer = (...names: string[]) => ({ 'agentlab.yaml': `planner: { prefer: [${names.join(', ')}] }\n` })
  const all = ['--agents', 'codex,claude,gemini']

  test.each(['claude', 'codex', 'gemini'])('%s asks, answers out of shape once, and plans', name =>
    inLab(prefer(name), async lab => {
      const circle = '{ plan: { tasks: [{ key: a, title: A, what: A., dependsOn: [a] }] } }'
      const text = withPlanner(
        [`- steps: [{ question: Which? }]`, `- steps: [${circle}]`, `- steps: [${plans}]`]
          .map(line => `  ${line}`)
          .join('\n'),
      )
      const asked = await lab.cli('plan', 'Greet', '--rehearse', lab.file('scenario.yaml', text), ...all)
      expect(asked, asked.stderr).toMatchObject({ exit: 3 })
      const planned = await lab.cli('answer', idIn(asked), 'This one.')
      expect(planned, planned.stderr).toMatchObject({ exit: 0 })
      const view = await lab.view(idIn(asked))
      expect(view).toMatchObject({ planOrigin: 'model', planReturned: 1, planning: { planner: name, passedOver: [] } })
      expect(view.costs.map(cost => [cost.worker, cost.roles])).toEqual([[name, ['planner']]])
    }),
  )

  test('that is not logged in is passed over for the next, and the receipt says so', () =>
    inLab(prefer('claude', 'codex'), async lab => {
      const text = withPlanner(`  - stepsFor: { claude: [{ status: { code: 401 } }], codex: [${plans}] }`)
      const planned = await lab.cli('plan', 'Greet', '--rehearse', lab.file('scenario.yaml', text), ...all)
      expect(planned, planned.stderr).toMatchObject({ exit: 0 })
      const runId = idIn(planned)
      expect((await lab.view(runId)).planning).toMatchObject({ planner: 'codex', passedOver: ['claude'] })
      expect((await lab.cli('receipt', runId)).stdout).toContain('claude came first and could not be used.')
    }))
})
