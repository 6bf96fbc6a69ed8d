/** The operator's hand on a plan, as whole runs: made and printed, asked about, reviewed, edited, approved; by any planner. */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { type Ended, inLab, type Lab, looks, shell, until, write } from './lab.ts'

const twoTasks = {
  summary: 'Two parts.',
  tasks: [
    { key: 'one', title: 'Do one', what: 'Write one.\n\nWith care.', worker: 'codex', paths: ['one.txt'] },
    { key: 'two', title: 'Do two', what: 'Write two.', worker: 'codex', dependsOn: ['one'], paths: ['two.txt'] },
  ],
}

/** JSON is YAML, on one line. */
const plans = `{ plan: ${JSON.stringify(twoTasks)} }`

const work = `
defaults:
  worker: { steps: [${write('{{task}}.txt', '{{worker}}\n')}, { commit: "Do {{task}}" }, { answer: Done. }] }
  verifier: { steps: [${looks}], verdict: pass }
`

const asking = `
planner:
  - steps: [{ question: Which language? }]
  - steps: [${plans}]
${work}`

const planning = `
planner:
  - steps: [${plans}]
${work}`

const crew = ['--agents', 'codex,claude']
const rehearse = (lab: Lab, text: string): string[] => ['--rehearse', lab.file('scenario.yaml', text), ...crew]
const idIn = ({ stdout, stderr }: Ended): string => /\brun ([a-z0-9]{8})\b/i.exec(stderr + stdout)![1]!
const agentFiles = (lab: Lab): string[] => lab.git('ls-tree', '--name-only', 'agent').split('\n')

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
      const done = await lab.cli('task', 'Greet', '--plan', file, ...rehearse(lab, planning))
      expect(done, done.stderr).toMatchObject({ exit: 0 })
      expect(agentFiles(lab)).toEqual(['README.md', 'one.txt', 'two.txt'])
      const { tasks } = await lab.view(idIn(done))
      expect(tasks.map(task => [task.title, task.worker])).toEqual([
        ['Do one', 'codex'],
        ['Do two', 'codex'],
      ])
    }))
})

describe('a plan under review', () => {
  test('begins when exactly the plan that was shown is approved', () =>
    inLab({}, async lab => {
      const waits = await lab.cli('task', 'Greet', '--review-plan', ...rehearse(lab, planning))
      expect(waits, waits.stderr).toMatchObject({ exit: 3 })
      const runId = idIn(waits)
      expect(waits.stdout).toContain(`agentlab approve ${runId}`)
      expect((await lab.cli('resume', runId)).stderr).toContain(`agentlab approve ${runId}`)
      const shown = await lab.cli('approve', runId)
      expect(shown).toMatchObject({ exit: 3, stdout: expect.stringContaining('summary: Two parts.') })
      const [, hash] = /--hash ([0-9a-f]{12})$/m.exec(shown.stderr)!

      const printed = (await lab.cli('edit-plan', runId, '--print')).stdout
      const dropped = printed.slice(0, printed.indexOf(`  - id: ${runId}-2`))
      const edited = await lab.cli(
        'edit-plan',
        runId,
        '--file',
        lab.file('edit.yaml', dropped.replace('Write one.', 'Write it.')),
      )
      expect(edited, edited.stderr).toMatchObject({ exit: 0, stdout: expect.stringContaining('1 task (1 dropped)') })

      const stale = await lab.cli('approve', runId, '--hash', hash!)
      expect(stale).toMatchObject({ exit: 1, stdout: '' })
      expect(stale.stderr).toContain('not the one you were shown')
      expect((await lab.view(runId)).tasks.every(task => task.attempts.length === 0)).toBe(true)

      const fresh = JSON.parse((await lab.cli('approve', runId, '--json')).stdout) as { hash: string }
      const done = await lab.cli('approve', runId, '--hash', fresh.hash)
      expect(done, done.stderr).toMatchObject({ exit: 0 })
      expect(agentFiles(lab)).toEqual(['README.md', 'one.txt'])
      const view = await lab.view(runId)
      expect(view.tasks.map(task => task.state)).toEqual(['integrated', 'dropped'])
      expect((await lab.events(runId)).filter(event => event.type === 'plan.approved')).toEqual([
        expect.objectContaining({ hash: fresh.hash }),
      ])
      expect(await lab.cli('approve', runId)).toMatchObject({
        exit: 1,
        stderr: expect.stringContaining('no plan of it waits'),
      })
    }))

  test('is not approved once its time has passed; showing it begins the time anew', () =>
    inLab({}, async lab => {
      // Long enough to be shown and approved within, short enough to be waited for.
      const hours = 4 / 3_600
      lab.file('home/.config/agentlab/config.yaml', `planner: { approvalHours: ${hours} }\n`)
      const runId = idIn(await lab.cli('task', 'Greet', '--review-plan', ...rehearse(lab, planning)))
      const { hash } = JSON.parse((await lab.cli('approve', runId, '--json')).stdout) as { hash: string }
      const late = await until('the end of the time', async () => {
        const until = JSON.parse((await lab.cli('show', runId, '--json')).stdout) as { endedAt: number }
        return Date.now() > until.endedAt + hours * 3_600_000 + 1_000
      }).then(() => lab.cli('approve', runId, '--hash', hash))
      expect(late).toMatchObject({
        exit: 1,
        stderr: expect.stringMatching(/time to approve this plan ended[\s\S]*agentlab approve/),
      })
      await lab.cli('approve', runId)
      expect((await lab.events(runId)).map(event => event.type)).toContain('plan.renewed')
    }))
})

describe('an edit of a run at work', () => {
  const slow = `
planner:
  - steps: [${plans}]
tasks:
  one: { attempts: [{ steps: [${shell('while [ ! -e ../out/go ]; do sleep 0.1; done')}, ${write('one.txt', '1\n')}, { answer: Done. }] }] }
${work}`

  test('changes what has not begun, and refuses to touch what has; the text is kept', () =>
    inLab({}, async lab => {
      const started = await lab.cli('task', 'Greet', '--detach', ...rehearse(lab, slow))
      const runId = started.stdout.trim()
      await until('the first task at work', async () => (await lab.view(runId)).tasks[0]?.attempts.length === 1)
      const printed = (await lab.cli('edit-plan', runId, '--print')).stdout
      expect(printed).toMatch(new RegExp(`# has begun \\(working\\): it stays as it is\\n +- id: ${runId}-1`))

      const file = lab.file('edit.yaml', printed.replace('With care.', 'Without care.'))
      const refused = await lab.cli('edit-plan', runId, '--file', file)
      expect(refused).toMatchObject({ exit: 2, stdout: '' })
      expect(refused.stderr).toMatch(/task 1 \("one"\) has begun \(working\) and can't be changed \(what\)/)
      expect(refused.stderr).toContain(file)

      const added = printed.replace(
        'worker: codex\n    paths:\n      - two.txt',
        'worker: claude\n    paths:\n      - two.txt',
      )
      const more = `${added}  - { key: three, title: Do three, what: Write three., worker: codex, dependsOn: [two] }\n`
      const edited = await lab.cli('edit-plan', runId, '--file', lab.file('more.yaml', more))
      expect(edited, edited.stderr).toMatchObject({ exit: 0, stdout: expect.stringContaining('3 tasks (1 added)') })
      writeFileSync(join(lab.dataDir, 'seats', `${runId}-1.codex`, 'out', 'go'), '')
      const done = await lab.cli('resume', runId)
      expect(done, done.stderr).toMatchObject({ exit: 0 })
      expect(agentFiles(lab)).toEqual(['README.md', 'one.txt', 'three.txt', 'two.txt'])
      expect(lab.git('show', 'agent:two.txt')).toBe('claude')
    }))
})

describe('a planner by preference', () => {
  const withPlanner = (attempts: string): string => `
planner:
${attempts}
${work}`
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
