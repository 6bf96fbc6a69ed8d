/** What workers, verifiers and checks find in their workspaces: environment, listed files, ports; and what is said of it. */

import { appendFileSync, existsSync, mkdirSync, readdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test, vi } from 'vitest'
import { listEnvironments } from '../../src/app/environment/stored.ts'
import { dataDirOf } from '../../src/config/data-dir.ts'
import { notProven } from '../../src/domain/not-proven.ts'
import { renderReceipt } from '../../src/domain/receipt.ts'
import type { RunView } from '../../src/domain/run-view.ts'
import { fakeEnvironment } from '../support/fake-crew.ts'
import { type Files, makeRepository, makeScratch, removeScratch, shellGit } from '../support/git-repository.ts'
import { planOf, runIn } from '../support/odd-run.ts'

vi.setConfig({ testTimeout: 120_000 })

interface Place {
  root: string
  env: Record<string, string>
  dataDir: string
  git(...args: string[]): string
  run(script: string, more?: object): Promise<RunView>
  configure(text: string): void
}

/** A repository with `agentlab.yaml`, and one agent that runs what its task says. */
const inPlace = async (config: string, files: Files, work: (place: Place) => Promise<void>): Promise<void> => {
  const scratch = makeScratch('workspaces')
  try {
    const root = makeRepository(scratch, { 'README.md': 'Hello\n', 'agentlab.yaml': config, ...files })
    const env = fakeEnvironment(scratch, 'instant-claude')
    const plan = (script: string, more: object): string => {
      const { tasks } = JSON.parse(planOf(script)) as { tasks: object[] }
      return JSON.stringify({ tasks: [{ ...tasks[0], ...more }] })
    }
    await work({
      root,
      env,
      dataDir: dataDirOf({ commonGitDir: join(root, '.git'), env }),
      git: (...args) => shellGit(root, args),
      run: (script, more = {}) => runIn(root, env, plan(script, more)),
      configure: text => appendFileSync(join(env.HOME!, '.config/agentlab/config.yaml'), text),
    })
  } finally {
    removeScratch(scratch)
  }
}

const commit = (file: string): string => `echo made >${file}\ngit add ${file}\ngit commit -q -m Made`

const manifest = (dependencies: Record<string, string>): string => JSON.stringify({ name: 'x', dependencies })

/** Says in a file whether scripts of packages would have run. */
const tellingSetup = `
setup:
  command: [sh, -c, 'echo "scripts off: \${npm_config_ignore_scripts:-no}" >env.txt']
  inputs: [package.json]
`

test('worker, verifier and checks find the environment, and a task that adds a dependency is told apart', () =>
  inPlace(
    `${tellingSetup}checks: [{ name: env, command: [test, -f, env.txt] }]\n`,
    { 'package.json': manifest({ left: '1.0.0', right: '1.0.0' }) },
    async ({ root, run, git, dataDir }) => {
      const plain = await run(
        `grep -q 'off: no' env.txt || exit 9\n${commit('a.txt')}\nThat is all.\nJudge by this:\ntest -f env.txt`,
      )
      expect(plain.outcome).toBe('done')
      expect(renderReceipt(plain)).not.toContain('New dependencies')
      const [only] = await listEnvironments(join(dataDir, 'environments'))
      expect(only).toMatchObject({ usedAt: expect.any(Number) })

      writeFileSync(join(root, '../next.json'), manifest({ left: '2.0.0', evil: '6.6.6' }))
      const added = await run(
        `printf '%s' '${manifest({ left: '2.0.0', evil: '6.6.6' })}' >package.json\ngit commit -qam Depend\nThat is all.\nJudge by this:\ngrep -q 'off: true' env.txt`,
      )
      expect(added.outcome).toBe('done')
      const claim = 'package.json adds evil 6.6.6; changes left 1.0.0 → 2.0.0; drops right. Nobody has looked at them.'
      expect(added.tasks[0]!.findings).toMatchObject([
        {
          source: 'environment',
          findings: [{ severity: 'minor', file: 'package.json', claim: expect.stringContaining(claim) }],
        },
      ])
      const [, proven] = renderReceipt(added).split('NOT PROVEN')
      expect(proven).toContain('New dependencies')
      expect(await listEnvironments(join(dataDir, 'environments'))).toHaveLength(2)

      // Promoted, so a person has them on main: now they are built as they ask to be.
      git('update-ref', 'refs/heads/main', git('rev-parse', 'agent'))
      const after = await run(`grep -q 'off: no' env.txt || exit 9\n${commit('b.txt')}`)
      expect(after.outcome).toBe('done')
      expect(await listEnvironments(join(dataDir, 'environments'))).toHaveLength(3)
    },
  ))

test('a set-up that fails leaves the checks not run, and what it printed can be read', () =>
  inPlace(
    'setup: { command: [sh, -c, "echo the registry is down; exit 3"], inputs: [] }\nchecks: [{ name: ok, command: ["true"] }]\n',
    {},
    async ({ run }) => {
      const view = await run(commit('a.txt'), { turnsGreen: ['ok'] })
      expect(view).toMatchObject({ outcome: 'done', tasks: [{ checks: [{ status: 'notRun' }] }] })
      const receipt = renderReceipt(view)
      expect(receipt).toContain('the registry is down')
      const [, proven] = receipt.split('NOT PROVEN')
      expect(proven).toContain('checks did not run (ok)')
      expect(proven).toContain('The set-up failed')
      expect(proven).toContain('The check "ok" has to turn green with this task, and was not run.')
    },
  ))

const red = 'checks: [{ name: made, command: [test, -f, made.txt] }]\n'

test('a check that is red on the base as well does not block, and is said not to prove anything', () =>
  inPlace(red, {}, async ({ run }) => {
    const view = await run(commit('other.txt'))
    expect(view).toMatchObject({ outcome: 'done', tasks: [{ checks: [{ status: 'failedOnBaseToo' }] }] })
    expect(renderReceipt(view)).toContain('checks are red, and were red on the base before (made)')
  }))

/** Leaves something behind, and is red where it finds that: the next tree is checked in the same seat. */
const plantingCheck = `
checks:
  - name: made
    command: [sh, -c, '[ ! -e planted ]; clean=$?; touch planted; mkdir -p .hidden/.git; [ -f made.txt ] && exit $clean']
`

test('a check that a task has to turn green sends the work back until it is', () =>
  inPlace(plantingCheck, {}, async ({ run, git }) => {
    const script = `if [ -f other.txt ]; then ${commit('made.txt').replaceAll('\n', ';')}; else ${commit('other.txt').replaceAll('\n', ';')}; fi`
    const view = await run(script, { turnsGreen: ['made'] })
    expect(view).toMatchObject({
      outcome: 'done',
      tasks: [{ checks: [{ status: 'failed' }, { status: 'passed' }], attempts: [{ n: 1 }, { n: 2 }] }],
    })
    expect(git('show', 'agent:made.txt')).toBe('made')
  }))

test('files the operator lists are there for all, and come out of no workspace', () =>
  inPlace(
    'checks: [{ name: secret, command: [grep, -q, "s3cret", .env.test] }]\n',
    { '.gitignore': '.env.test\n' },
    async ({ root, run, git, configure }) => {
      writeFileSync(join(root, '.env.test'), 'TOKEN=s3cret-of-the-operator\n')
      configure(`repositories: { ${JSON.stringify(root)}: { files: [.env.test, not/there.txt] } }\n`)
      const judged = '\nThat is all.\nJudge by this:\ngrep -q s3cret .env.test'
      const view = await run(`grep -q s3cret .env.test || exit 9\n${commit('a.txt')}${judged}`)
      expect(view).toMatchObject({ outcome: 'done', tasks: [{ checks: [{ status: 'passed' }] }] })
      expect(git('ls-tree', '-r', '--name-only', 'agent')).not.toContain('.env.test')

      // Under another name it is refused once; the second attempt, which finds the name taken back, leaves it out.
      const copied = await run(
        `if [ -f copy.txt ]; then git reset -q --hard HEAD~1; ${commit('b.txt').replaceAll('\n', '; ')}; else cp .env.test copy.txt; git add copy.txt; git commit -qm Copied; fi`,
      )
      expect(copied.tasks[0]!.findings[0]).toMatchObject({ source: 'refused', findings: [{ file: 'copy.txt' }] })
      expect(copied.outcome).toBe('done')
      expect(git('log', '--all', '--format=%H', '--', 'copy.txt', '.env.test')).toBe('')
    },
  ))

const nests = 'bwrap --unshare-user --ro-bind / / true'

test('a check the operator names may make namespaces, no other may, and the receipt says which could', () =>
  inPlace(
    `checks:\n  - { name: browser, command: ${nests} }\n  - { name: other, command: [sh, -c, "! ${nests}"] }\n`,
    {},
    async ({ root, run, configure }) => {
      configure(`repositories: { ${JSON.stringify(root)}: { box: { userns: [browser] } } }\n`)
      const view = await run(commit('a.txt'))
      expect(view).toMatchObject({
        outcome: 'done',
        tasks: [{ checks: [{ results: [{ status: 'passed', userNamespaces: true }, { status: 'passed' }] }] }],
      })
      expect(notProven(view).filter(item => item.includes('box.userns'))).toEqual([
        expect.stringMatching(/, browser could make user namespaces/),
      ])
    },
  ))

test('a listed file that is a link is refused before anything is spent', () =>
  inPlace('', { '.gitignore': 'private\n' }, async ({ root, run, configure }) => {
    symlinkSync('/etc/hostname', join(root, 'private'))
    configure(`repositories: { ${JSON.stringify(root)}: { files: [private] } }\n`)
    await expect(run(commit('a.txt'))).rejects.toMatchObject({ code: 'hand-in-refused', exit: 2 })
  }))

/** Prints the port and the folder for temporary files into a file of that name. */
const tell = (file: string): string =>
  `echo "$AGENTLAB_PORT_WEB $PORT $TMPDIR" >${file}\ngit add ${file}\ngit commit -qm Told`

test('each seat has ports and a temporary folder of its own, the same ones in every attempt', () =>
  inPlace(
    'ports: [web]\nchecks: [{ name: told, command: [sh, -c, "echo {{port:web}} {{tmp}} $AGENTLAB_PORT_WEB $TMPDIR; test -f second.txt"] }]\n',
    {},
    async ({ run, git, env }) => {
      const script = `if [ -f first.txt ]; then ${tell('second.txt').replaceAll('\n', '; ')}; else ${tell('first.txt').replaceAll('\n', '; ')}; fi`
      const view = await run(script, { turnsGreen: ['told'] })
      expect(view.outcome).toBe('done')
      const [first, second] = ['first', 'second'].map(name => git('show', `agent:${name}.txt`).split(' '))
      expect(second).toEqual(first)
      expect(first![0]).toMatch(/^2\d{4}$/)
      expect(first![1]).toBe(first![0])
      const finding = view.tasks[0]!.findings.find(one => one.source === 'checks')!.findings![0]!
      const [word, tmpWord, port, tmp] = finding.reproduction!.observed.split('\n')[1]!.split(' ')
      expect([word, tmpWord]).toEqual([port, tmp])
      expect(port).not.toBe(first![0])
      expect(tmp).not.toBe(first![2])
      expect(existsSync(join(env.XDG_STATE_HOME!, 'agentlab', 'ports.db'))).toBe(true)
    },
  ))

test('nothing of a seat is left when the run is over', () =>
  inPlace(`${tellingSetup}${red}`, { 'package.json': manifest({}) }, async ({ run, dataDir }) => {
    await run(commit('made.txt'))
    mkdirSync(join(dataDir, 'seats'), { recursive: true })
    expect(readdirSync(join(dataDir, 'seats'))).toEqual([])
  }))
