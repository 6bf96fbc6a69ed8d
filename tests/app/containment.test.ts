/** What a worker that means harm can reach, leave behind or have AgentLab do for it. */
import { execFileSync } from 'node:child_process'
import { chmodSync, mkdirSync, readdirSync, readFileSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { type AddressInfo, createServer } from 'node:net'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { inLab, looks, onePlan, renderReceipt, scenario, shell, write, writeFiles } from './lab.ts'

/** Tries a command and notes under `name` whether it worked and what it printed. */
const attempt = (name: string, command: string): string =>
  shell(
    `{ ${command}; } > out.log 2>&1 && echo "${name}: worked $(cat out.log)" >> report.txt || echo "${name}: denied" >> report.txt; rm -f out.log`,
  )

test('a worker in its box reaches nothing of the operator, of AgentLab or of another seat', () =>
  inLab({}, async lab => {
    writeFiles(lab.env.HOME!, { 'secret.txt': 'the secret\n', '.ssh/id_ed25519': 'the key\n' })
    const git = `git --git-dir=${lab.root}/.git`
    const hostile = [
      attempt('home', `cat ${lab.env.HOME}/secret.txt`),
      attempt('key', `cat ${lab.env.HOME}/.ssh/id_ed25519`),
      attempt('repository', `cat ${lab.root}/README.md`),
      attempt('repository write', `touch ${lab.root}/planted`),
      attempt('main', `${git} update-ref refs/heads/main $(git rev-parse HEAD)`),
      attempt('hook', `echo exit 1 > ${lab.root}/.git/hooks/pre-commit`),
      attempt('objects', `touch ${lab.root}/.git/objects/planted`),
      attempt('store', `cat ${lab.dataDir}/store.db`),
      attempt('lock', `rm ${lab.dataDir}/supervisor.lock`),
      attempt('beside', `touch ../../planted`),
      attempt('seats', `ls ${lab.dataDir}/seats | grep -v "$(basename "$(cd .. && pwd)")"`),
    ]
    const scenarioText = `
tasks:
  one: { attempts: [{ steps: [${hostile.join()}] }] }
  two: { attempts: [{ steps: [${[write('two.txt', '2\n'), shell('sleep 5')].join()}] }] }
defaults: { verifier: { steps: [${looks}], verdict: pass } }
`
    const two = '{ key: two, title: Do two, what: Do it., worker: codex }'
    const objects = readdirSync(join(lab.root, '.git', 'objects')).filter(name => name.length > 2)
    const view = await lab.run({
      planText: onePlan().replace('codex', 'claude').replace(/\]$/, `, ${two}]`),
      scenarioText,
    })
    expect(view).toMatchObject({ outcome: 'done', containment: 'boxed' })
    const report = lab.git('show', 'agent:report.txt').split('\n')
    expect(report).toHaveLength(hostile.length)
    expect(report.filter(line => !line.endsWith(': denied'))).toEqual([])
    expect(readdirSync(join(lab.root, '.git', 'objects')).filter(name => name.length > 2)).toEqual(objects)
  }))

test('neither a worker nor a check nor a set-up reaches a server on this machine', () => {
  let heard = ''
  const server = createServer(socket => socket.on('data', data => (heard += data)))
  return new Promise<void>(done => server.listen(0, '127.0.0.1', done))
    .then(() => {
      const { port } = server.address() as AddressInfo
      const reach = (who: string): string => `echo ${who} > /dev/tcp/127.0.0.1/${port}`
      const config = JSON.stringify({
        checks: [{ name: 'offline', command: ['bash', '-c', `! ${reach('check')}`] }],
        setup: { command: ['bash', '-c', `! ${reach('setup')} && touch built`] },
      })
      return inLab({ 'agentlab.yaml': config }, async lab => {
        for (const lane of ['personal', 'private'] as const) {
          const worker = shell(`bash -c '${reach('worker')}' || echo denied > ${lane}.txt`)
          heard = ''
          const view = await lab.run({ planText: onePlan(), scenarioText: scenario(worker), lane })
          expect(view).toMatchObject({ outcome: 'done', network: 'gate', tasks: [{ checks: [{ status: 'passed' }] }] })
          expect(heard).toBe('')
          expect(renderReceipt(view).split('NOT PROVEN')[1]).not.toContain('set-up')
          // The same inputs would be taken from the environment that was built before.
          await lab.open(project => rm(project.paths.environments, { recursive: true, force: true }))
        }
      })
    })
    .finally(() => server.close())
})

test('links a worker plants in its seat are not followed when the next attempt is prepared', () =>
  inLab({ 'agentlab.yaml': 'checks: [{ name: it, command: [test, "!", -f, bad.txt] }]\n' }, async lab => {
    const victim = join(lab.env.HOME!, 'victim')
    writeFiles(victim, { 'settings.json': 'mine\n', 'config.toml': 'mine\n' })
    const plant = ['agent', 'home', 'out', 'tmp'].map(
      name => `mv ../${name} ../${name}.old; ln -s ${victim} ../${name}`,
    )
    const scenarioText = scenario(
      [write('bad.txt', 'bad\n'), shell(plant.join('; '))].join(),
      [write('one.txt', '1\n'), shell('rm bad.txt')].join(),
    )
    const view = await lab.run({ planText: onePlan().replace('codex', 'claude'), scenarioText })
    expect(view.outcome).toBe('done')
    expect(view.tasks[0]!.attempts.at(-1)).toMatchObject({ n: 2, outcome: 'answered' })
    expect(readdirSync(victim).toSorted()).toEqual(['config.toml', 'settings.json'])
    expect(readFileSync(join(victim, 'settings.json'), 'utf8')).toBe('mine\n')
  }))

test('a worker that makes its git dir a link to the repository gains nothing by it', () =>
  inLab({}, async lab => {
    const plant = shell(`mv ../git ../git.old; ln -s ${lab.root}/.git ../git`)
    const scenarioText = scenario([write('one.txt', '1\n'), plant].join(), '{ claim: Done. }', '{ claim: Done. }')
    const view = await lab.run({ planText: onePlan(), scenarioText })
    expect(view).toMatchObject({ outcome: 'awaitingOperator', tasks: [{ waitReason: 'attemptsUsed', tip: null }] })
    expect(lab.git('rev-parse', 'agent')).toBe(lab.git('rev-parse', 'main'))
  }))

const alive = (command: string): string[] =>
  readdirSync('/proc').filter(entry => {
    try {
      return /^\d+$/.test(entry) && readFileSync(`/proc/${entry}/cmdline`, 'utf8') === command.replaceAll(' ', '\0')
    } catch {
      return false
    }
  })

test.each([
  ['in the box', false, '86411'],
  ['without a box', true, '86412'],
])('a daemon that a worker leaves behind %s is gone when its attempt has ended', (_, unboxed, seconds) =>
  inLab({}, async lab => {
    const daemon = `sleep ${seconds}`
    const scenarioText = scenario(
      [shell(`setsid nohup ${daemon} > /dev/null 2>&1 &`), shell(`ps -eo args | grep -x '${daemon}' > one.txt`)].join(),
    )
    const left: string[] = []
    const view = await lab.run({ planText: onePlan(), scenarioText, unboxed }, ({ tasks: [task] }) => {
      if (task !== undefined && task.state !== 'working') left.push(...alive(`${daemon}\0`))
    })
    expect(view).toMatchObject({ outcome: 'done', containment: unboxed ? 'unboxed' : 'boxed' })
    expect(lab.git('show', 'agent:one.txt')).toBe(daemon)
    expect(left).toEqual([])
    expect(alive(`${daemon}\0`)).toEqual([])
  }),
)

test('where no box can be built a rehearsal goes on without one, and run and receipt say so', context =>
  inLab({}, async lab => {
    const real = '/usr/bin/bwrap'
    const fake = lab.file('bwrap', '#!/bin/sh\necho "bwrap: No permissions to create new namespace" >&2; exit 1\n')
    chmodSync(fake, 0o755)
    const through = [real, '--dev-bind', '/', '/', '--bind', fake, real, '--']
    try {
      execFileSync(real, [...through.slice(1), 'true'], { stdio: 'pipe' })
    } catch {
      return context.skip('needs a working bubblewrap to hide it')
    }
    lab.through.push(...through)
    mkdirSync(lab.dataDir, { recursive: true })
    const plan = lab.file('plan.yaml', onePlan())
    const script = lab.file('scenario.yaml', scenario(write('one.txt', '1\n')))
    const { exit, stdout, stderr } = await lab.cli(
      ...['task', '--plan', plan, '--rehearse', script, '--agents', 'codex,claude', '--foreground'],
    )
    expect(exit, stderr).toBe(0)
    expect(stdout).toMatch(/UNBOXED/)
    const [, runId] = /Run ([a-z0-9]{8})/.exec(stdout)!
    const receipt = renderReceipt(await lab.view(runId!))
    expect(receipt).toMatch(/Containment: UNBOXED/)
    expect(receipt.split('## NOT PROVEN')[1]).toMatch(/No box/)
  }))
