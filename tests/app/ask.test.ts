/** Questions from the command line: cited claims, no branch, and a log that is read without its secrets. */
import { spawn } from 'node:child_process'
import { resolve } from 'node:path'
import { expect, test } from 'vitest'
import { inLab, type Lab } from './lab.ts'

const secret = 'ghp_abcdefghijklmnopqrstuvwxyz0123456789'

/** It edits and commits, answers out of shape first, and makes one claim up. */
const asked = `
defaults:
  researcher:
    steps:
      - { read: src/retry.ts, onLaunch: 1 }
      - { run: grep -c max src/retry.ts, onLaunch: 1 }
      - { write: { path: src/retry.ts, content: "hacked\\n" }, onLaunch: 1 }
      - { commit: Sneak it in, onLaunch: 1 }
      - { answer: "Three \\e[31mtimes\\e[0m.", onLaunch: 1 }
      - research:
          answer: "Three times: dreimal, 三次."
          claims:
            - claim: Three tries are made.
              evidence:
                - { kind: file, path: src/retry.ts, line: 1, quote: "max = 3" }
                - { kind: command, command: grep -c max src/retry.ts, exitCode: 0, output: "1" }
            - claim: The pause grows.
              evidence: [{ kind: file, path: src/retry.ts, line: 1, quote: "sleep(n)" }]
            - { claim: So says the manual., evidence: [{ kind: url, url: "https://example.com" }] }
          unknown: [Who calls it.]
        onLaunch: 2
`

const refs = (lab: Lab): string => lab.git('for-each-ref', '--format=%(refname) %(objectname)')

test('ask is answered in lane private by local and elsewhere by claude, and what they did to the checkout goes nowhere', () =>
  inLab({ 'src/retry.ts': 'export const max = 3\n' }, async lab => {
    const before = refs(lab)
    const scenario = lab.file('asked.yaml', asked)
    for (const words of [
      ['--lane', 'private', '--agents', 'local'],
      ['--agents', 'claude'],
    ]) {
      const end = await lab.cli('ask', 'How often?', '--file', 'src', '--rehearse', scenario, ...words)
      expect(end, end.stderr).toMatchObject({ exit: 0 })
      const places = [
        'Three times: dreimal, 三次.',
        'not found  The pause grows',
        'uncited    So says',
        'cited      Three tries',
      ]
      const found = places.map(place => end.stdout.indexOf(place))
      expect(found, end.stdout).toEqual(found.toSorted((a, b) => a - b))
      expect(found).not.toContain(-1)
      expect(end.stdout).toMatch(/not checked: lane (private|personal) lists no such source/)
      expect(end.stdout).toContain('changed or committed something in its checkout: that was thrown away')
      expect(end.stdout).not.toContain('\u001b')
    }
    expect(refs(lab)).toBe(before)

    const [claude, local] = await lab.open(project => project.store.machines.runs(2).map(row => row.id))
    expect(await lab.view(local!)).toMatchObject({
      lane: 'private',
      outcome: 'done',
      planning: { purpose: 'ask', planner: null },
      tasks: [{ state: 'recorded', worker: 'local', claims: { cited: 1, notFound: 1, uncited: 1 } }],
    })
    expect((await lab.cli('show', `${local}-1`)).stdout).toContain('not found  The pause grows')
    const receipt = (await lab.cli('receipt', local!)).stdout
    expect(receipt).toContain('[not found] The pause grows.')
    expect(receipt.split('## NOT PROVEN')[1]).toContain('3 claims: 1 not found where cited, 1 uncited, 1 cited')
    expect((await lab.cli('receipt', local!, '--html', '-')).stdout).toContain(
      '<strong>not found</strong> The pause grows.',
    )
    expect((await lab.cli('purge', '--run', claude!, '--yes')).exit).toBe(0)
    const erased = await lab.view(claude!)
    expect(erased).toMatchObject({ erased: true, tasks: [{ answer: null, research: null, claims: { notFound: 1 } }] })
  }))

const prose = `
defaults: { researcher: { steps: [{ answer: "I \\e[2Jthink it is three — 三." }] } }
`

test('an answer that stays out of shape is kept as plain words in which nothing is cited', () =>
  inLab({}, async lab => {
    const end = await lab.cli('ask', 'How often?', '--agents', 'codex', '--rehearse', lab.file('prose.yaml', prose))
    expect(end, end.stderr).toMatchObject({ exit: 0 })
    expect(end.stdout).toMatch(/^I think it is three — 三\.\n/)
    expect(end.stdout).toContain('The answer came out of shape twice, so it is kept as plain words')
    const [runId] = await lab.open(project => project.store.machines.runs(1).map(row => row.id))
    const told = await lab.view(runId!)
    expect(told.tasks).toMatchObject([{ claims: null, research: { shape: 'words', claims: [] }, attempts: [{ n: 1 }] }])
    expect((await lab.cli('receipt', runId!)).stdout.split('## NOT PROVEN')[1]).toContain('nothing in it is cited')
  }))

const diagnosed = `
defaults:
  researcher:
    steps:
      - research:
          answer: The login was refused.
          claims:
            - claim: The database refused it.
              evidence: [{ kind: log, line: 2, quote: "FATAL login refused" }]
            - claim: Memory ran out.
              evidence: [{ kind: log, line: 3, quote: OOM }]
          unknown: []
`

test('diagnose takes a piped log into lane private, without its secrets and colours, and holds the lines cited against it', () =>
  inLab({}, async lab => {
    const words = ['diagnose', 'why?', '--agents', 'local', '--json', '--rehearse', lab.file('log.yaml', diagnosed)]
    const log = `boot\n\u001b[31mFATAL login\u0000 refused\u001b[0m token=${secret}\nbye\n${'x\n'.repeat(3 * 1024 * 1024)}end\n`
    const { exit, stdout } = await piped(lab, words, log)
    expect(exit).toBe(0)
    const answer = JSON.parse(stdout)
    expect(answer).toMatchObject({
      lane: 'private',
      worker: 'local',
      counts: { cited: 1, notFound: 1, uncited: 0 },
      research: { notes: [expect.stringMatching(/^The log was too long .* bytes of its middle were left out\.$/)] },
    })
    const kept = await lab.open(({ store }) => store.content.ofRun(answer.runId).find(row => row.kind === 'log')!)
    expect(kept).toMatchObject({ lane: 'private', text: expect.stringMatching(/^boot\nFATAL login refused token=/) })
    expect(kept.text).toMatch(/\n\[AgentLab left out \d+ bytes here\]\nx\n/)
    expect(kept.text.endsWith('x\nend\n')).toBe(true)
    expect(kept.text).not.toContain(secret)
    expect(Buffer.byteLength(kept.text)).toBeLessThan(4.1 * 1024 * 1024)
  }))

const piped = (lab: Lab, words: string[], input: string): Promise<{ exit: number | null; stdout: string }> =>
  new Promise((done, fail) => {
    const child = spawn(process.execPath, [resolve('src/cli/main.ts'), ...words], {
      cwd: lab.root,
      env: lab.env,
      stdio: ['pipe', 'pipe', 'ignore'],
    })
    let stdout = ''
    child.stdout.on('data', data => (stdout += data))
    child.once('error', fail)
    child.once('close', exit => done({ exit, stdout }))
    child.stdin.end(input)
  })
