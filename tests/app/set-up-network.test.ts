/** What a set-up reaches and sees: a registry of this machine stands in for those of the world. */
import { execFileSync, spawnSync } from 'node:child_process'
import { appendFileSync, mkdirSync, writeFileSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { type AddressInfo, createServer } from 'node:net'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { openProject, type RunWish } from '../../src/app.ts'
import { renderReceipt } from '../../src/domain/receipt.ts'
import type { RunView } from '../../src/domain/run-view.ts'
import { fakeEnvironment } from '../support/fake-crew.ts'
import { type Files, makeRepository, makeScratch, removeScratch } from '../support/git-repository.ts'
import { makesOneFile, planOf, runIn } from '../support/odd-run.ts'
import { type PackageRegistry, packForNpm, pathWith, serveRegistry } from '../support/package-registry.ts'

let scratch: string
let registry: PackageRegistry
beforeAll(async () => {
  scratch = makeScratch('registry')
  packForNpm(scratch, 'left')
  registry = await serveRegistry(scratch)
})
afterAll(async () => {
  await registry.close()
  removeScratch(scratch)
})

const source: Files = {
  'package.json': JSON.stringify({ name: 'shop', version: '1.0.0', dependencies: { left: '1.0.0' } }),
  'packages/a/package.json': JSON.stringify({ name: 'a', version: '1.0.0' }),
  'packages/a/secret.ts': 'the source',
  'secret.ts': 'the source',
}

interface Place {
  /** One run; the environment is built anew for each. */
  run(over?: Partial<RunWish>): Promise<RunView>
  /** Words for the operator's file. */
  operator(text: string): void
  home: string
  root: string
}

const inPlace = async (config: object, work: (place: Place) => Promise<void>, files: Files = source): Promise<void> => {
  const dir = makeScratch('set-up')
  try {
    const root = makeRepository(dir, { ...files, 'agentlab.yaml': JSON.stringify(config) })
    const env = fakeEnvironment(dir, 'instant-claude')
    env.PATH = pathWith(env.PATH!, 'npm')
    const run: Place['run'] = async (over = {}) => {
      const project = await openProject({ cwd: root, env })
      await rm(project.paths.environments, { recursive: true, force: true })
      project.close()
      return runIn(root, env, planOf(makesOneFile), over)
    }
    const operator = (text: string): void => appendFileSync(join(env.HOME!, '.config/agentlab/config.yaml'), text)
    await work({ run, operator, home: env.HOME!, root })
  } finally {
    removeScratch(dir)
  }
}

const npmInstall = 'npm install --no-package-lock --fetch-retries=0'

/** Installs with npm, and leaves a list of all files it could see, git's objects included. */
const install = (root = '.'): string[] => [
  'sh',
  '-c',
  `seen=$(find . -type f | sort; ls ${root}/.git/objects 2>/dev/null); echo "$seen" >seen.txt; ${npmInstall}`,
]

const works = { name: 'works', command: ['node', '-e', "if (require('left') !== 'hello') process.exit(1)"] }
const saw = (...lines: string[]) => ({
  name: 'saw',
  command: ['sh', '-c', `cat seen.txt; [ "$(cat seen.txt)" = "$(printf '${lines.join('\\n')}')" ]`],
})
const checks = [works, saw('./package.json', './packages/a/package.json')]
const inputs = ['package.json', 'packages/*/package.json']

const statusOf = (view: RunView) => view.tasks[0]!.checks.at(-1)?.status
const notProven = (view: RunView): string => renderReceipt(view).split('NOT PROVEN')[1]!

test('npm fetches from a listed registry that the operator has in ~/.npmrc, and sees its inputs alone', () =>
  inPlace({ setup: { command: install(), inputs }, checks }, async ({ run, operator, home, root }) => {
    writeFileSync(
      join(home, '.npmrc'),
      `registry=http://me:secret@${registry.host}/\n//${registry.host}/:_authToken=secret\n`,
    )
    operator(`lanes: {personal: {registries: ["${registry.host}"]}}\n`)
    writeFileSync(join(root, 'agentlab.yaml'), JSON.stringify({ setup: { command: install(root), inputs }, checks }))
    const view = await run()
    expect(statusOf(view), renderReceipt(view)).toBe('passed')
    expect(registry.asked).toEqual(['/left', '/left-1.0.0.tgz'])
    expect(notProven(view)).toContain(`The set-up could reach ${registry.host} with a copy of its declared inputs`)
  }))

/** Fetches with Node, which reads the proxy's variables, and keeps what came. */
const fetching = (url: string): string =>
  `node -e "fetch('${url}').then(r => r.ok ? r.text() : process.exit(7)).then(text => fs.writeFileSync('built.txt', text))"`

const hints = (view: RunView): string[] =>
  view.tasks[0]!.findings.flatMap(({ findings }) => findings ?? []).map(({ claim }) => claim)

test('a registry that is not listed is not reached, and the receipt has the line to write', () =>
  inPlace(
    { setup: { command: ['sh', '-c', fetching(`http://${registry.host}/left`)], inputs }, checks },
    async place => {
      place.operator('lanes: {personal: {registries: [packages.test]}}\n')
      registry.asked.length = 0
      const view = await place.run()
      expect(view).toMatchObject({ outcome: 'done', tasks: [{ checks: [{ status: 'notRun' }] }] })
      expect(registry.asked).toEqual([])
      expect(hints(view)).toEqual([
        'The set-up failed, so nothing that needs it was run.',
        `The set-up asked for ${registry.host}, which is not listed. If it may, add to lanes.personal.registries in ~/.config/agentlab/config.yaml: ${registry.host}`,
        expect.stringContaining('it sees nothing but its 2 declared inputs (package.json, packages/a/package.json)'),
      ])
      expect(notProven(view)).toContain('which is not listed. If it may, add to lanes.personal.registries')
    },
  ))

test('with nothing listed a set-up has the whole tree and no network, and says what it asked for', () => {
  const command = ['sh', '-c', `grep -q "the source" secret.ts || exit 9; ${fetching(`http://${registry.host}/left`)}`]
  return inPlace({ setup: { command, inputs }, checks }, async ({ run }) => {
    registry.asked.length = 0
    const view = await run()
    expect(statusOf(view)).toBe('notRun')
    expect(registry.asked).toEqual([])
    expect(hints(view)[1]).toContain(`lanes.personal.registries in ~/.config/agentlab/config.yaml: ${registry.host}`)
    expect(notProven(view)).not.toContain('could reach')
  })
})

test('without declared inputs a listed registry is out of reach, which is said with the cure', () =>
  inPlace({ setup: { command: ['sh', '-c', fetching(`http://${registry.host}/left`)] }, checks }, async place => {
    place.operator(`lanes: {personal: {registries: ["${registry.host}"]}}\n`)
    registry.asked.length = 0
    const view = await place.run()
    expect(registry.asked).toEqual([])
    expect(hints(view).slice(1)).toEqual([
      `The set-up asked for ${registry.host}, and has no network: it declares no inputs, so it sees the whole tree.`,
      expect.stringContaining('Name the files it reads in agentlab.yaml (setup.inputs)'),
    ])
  }))

const sees = { name: 'sees', command: ['sh', '-c', 'grep -q "the source" built.txt'] }

test('a set-up that wants no network has the whole tree, whatever is listed', () =>
  inPlace(
    { setup: { command: ['cp', 'secret.ts', 'built.txt'], inputs, network: 'none' }, checks: [sees] },
    async ({ run, operator }) => {
      operator(`lanes: {personal: {registries: ["${registry.host}"]}}\n`)
      const view = await run()
      expect(statusOf(view), renderReceipt(view)).toBe('passed')
      expect(notProven(view)).not.toContain('The set-up')
    },
  ))

test('lane private reaches no registry, and a mirror of the operator alone', async () => {
  // What a package manager would ask, and where the mirror lies, which is on loopback.
  const ask = fetching(`\${npm_config_registry:-http://${registry.host}}/left`)
  const setup = { command: ['sh', '-c', `[ ! -e secret.ts ] || echo seen; ${ask}`], inputs }
  const has = { name: 'has', command: ['grep', '-q', 'left-1.0.0.tgz', 'built.txt'] }
  await inPlace({ setup, checks: [has] }, async ({ run, operator }) => {
    operator(`lanes: {personal: {registries: ["${registry.host}"]}}\n`)
    registry.asked.length = 0
    const view = await run({ lane: 'private' })
    expect(statusOf(view)).toBe('notRun')
    expect(registry.asked).toEqual([])
    expect(hints(view)[1]).toContain('In lane private a set-up has no network but a mirror of your own')
  })
  await inPlace({ setup, checks: [has] }, async ({ run, operator }) => {
    operator(`lanes: {private: {mirror: "http://127.0.0.1:${registry.port}"}}\n`)
    const view = await run({ lane: 'private' })
    expect(statusOf(view), renderReceipt(view)).toBe('passed')
    expect(registry.asked).toContain('/left')
  })
})

test('what goes past the proxy goes nowhere', async () => {
  let heard = ''
  const server = createServer(socket => socket.on('data', data => (heard += data)).on('error', () => {}))
  await new Promise<void>(done => server.listen(0, '127.0.0.1', done))
  const { port } = server.address() as AddressInfo
  const reach = `echo hello >/dev/tcp/127.0.0.1/${port} || echo denied >built.txt`
  const check = { name: 'denied', command: ['grep', '-q', 'denied', 'built.txt'] }
  try {
    await inPlace({ setup: { command: ['bash', '-c', reach], inputs }, checks: [check] }, async ({ run, operator }) => {
      // Listed, but only the proxy knows the way.
      operator(`lanes: {personal: {registries: ["127.0.0.1:${port}"]}}\n`)
      expect(statusOf(await run())).toBe('passed')
      expect(heard).toBe('')
    })
  } finally {
    await new Promise(done => server.close(done))
  }
})

/** A Python that has pip, and its folder; or null. */
const pythonWithPip = (): string | null => {
  const asked = spawnSync('python3', ['-c', 'import pip, sys; print(sys.executable)'], { encoding: 'utf8' })
  return asked.status === 0 ? asked.stdout.trim() : null
}

const makeWheel = `
import sys, zipfile
with zipfile.ZipFile(sys.argv[1], 'w') as wheel:
    wheel.writestr('left.py', 'word = "hello"\\n')
    wheel.writestr('left-1.0.dist-info/METADATA', 'Metadata-Version: 2.1\\nName: left\\nVersion: 1.0\\n')
    wheel.writestr('left-1.0.dist-info/WHEEL', 'Wheel-Version: 1.0\\nRoot-Is-Purelib: true\\nTag: py3-none-any\\n')
    wheel.writestr('left-1.0.dist-info/RECORD', '')
`

test('pip fetches from a mirror of the operator', async context => {
  const python = pythonWithPip()
  if (python === null) return context.skip('there is no python3 with pip on this machine')
  const folder = join(scratch, 'simple', 'left')
  mkdirSync(folder, { recursive: true })
  execFileSync(python, ['-c', makeWheel, join(folder, 'left-1.0-py3-none-any.whl')])
  const command = [python, '-m', 'pip', 'install', '--retries=0', '--target=vendor', '-r', 'requirements.txt']
  const has = { name: 'has', command: ['grep', '-q', 'hello', 'vendor/left.py'] }
  await inPlace(
    { setup: { command, inputs: ['requirements.txt'] }, checks: [has] },
    async ({ run, operator }) => {
      operator(`lanes: {personal: {mirror: "http://127.0.0.1:${registry.port}/simple"}}\n`)
      const view = await run()
      expect(statusOf(view), renderReceipt(view)).toBe('passed')
    },
    { 'requirements.txt': 'left==1.0\n', 'secret.ts': 'the source' },
  )
})
