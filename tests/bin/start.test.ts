/** The thin entries: what they answer by themselves, and what they refuse before anything native is loaded. */
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { run } from '../../src/process/run.ts'

const packageRoot = resolve(import.meta.dirname, '../..')

let dir: string
beforeEach(() => {
  const scratch = join(packageRoot, '.scratch')
  mkdirSync(scratch, { recursive: true })
  dir = mkdtempSync(join(scratch, 'bin-'))
  cpSync(join(packageRoot, 'bin'), join(dir, 'bin'), { recursive: true })
  writeFileSync(join(dir, 'package.json'), '{ "type": "module", "version": "7.8.9" }')
})
afterEach(() => rmSync(dir, { recursive: true, force: true }))

const install = (path: string, text: string): void => {
  mkdirSync(join(dir, path, '..'), { recursive: true })
  writeFileSync(join(dir, path), text)
}

/** Makes the running Node say it is an older one. */
const pretend = (version: string): string[] => [
  '--import',
  `data:text/javascript,Object.defineProperty(process,"versions",{value:{...process.versions,node:"${version}"}})`,
]

/** Gives the package a Node of its own. */
const ownNode = (options: string[] = []): void => {
  mkdirSync(join(dir, 'node_modules/.bin'), { recursive: true })
  const words = [process.execPath, ...options].map(word => `'${word}'`).join(' ')
  writeFileSync(join(dir, 'node_modules/.bin/node'), `#!/bin/sh\nexec ${words} "$@"\n`, { mode: 0o755 })
}

const start = (args: string[], { name = 'agentlab', node = [] as string[] } = {}) =>
  run(process.execPath, [...node, join(dir, 'bin', `${name}.js`), ...args], {
    cwd: dir,
    env: { HOME: dir, PATH: '/usr/bin:/bin' },
    timeoutMs: 30_000,
    encoding: 'utf8',
  })

const echo = (word: string): string =>
  `export const main = async () => { console.log(${JSON.stringify(word)}, process.argv.slice(2).join(' ')); process.exitCode = 4 }`

describe('the entry', () => {
  test.each(['--version', '-V'])('answers %s without loading the program', async flag => {
    install('src/cli/main.ts', 'throw new Error("loaded")')
    expect(await start([flag])).toMatchObject({ exitCode: 0, stdout: '7.8.9\n', stderr: '' })
  })

  test.each([
    ['agentlab', 'src/cli/main.ts', 'dist/cli/main.js'],
    ['promote', 'tools/promote.ts', 'dist/tools/promote.js'],
  ])('%s runs the built program, and its sources where there are any', async (name, source, built) => {
    install(built, echo('built'))
    expect(await start(['a', 'b c'], { name })).toMatchObject({ exitCode: 4, stdout: 'built a b c\n' })
    install(source, echo('source'))
    expect(await start([], { name })).toMatchObject({ exitCode: 4, stdout: 'source \n' })
  })

  test('says so when the program is not there', async () => {
    const { exitCode, stderr } = await start(['runs'])
    expect([exitCode, stderr]).toEqual([
      2,
      expect.stringContaining('neither ../src/cli/main.ts nor ../dist/cli/main.js exists'),
    ])
  })

  test('keeps compiled code in the operator’s own cache', async () => {
    install(
      'src/cli/main.ts',
      `import { getCompileCacheDir } from 'node:module'\nexport const main = () => console.log(getCompileCacheDir())`,
    )
    const { stdout } = await start([])
    expect(stdout).toContain(join(dir, '.cache/agentlab/compiled'))
  })

  test('leaves a failing program its stack', async () => {
    install('src/cli/main.ts', 'export const main = async () => { throw new Error("a bug") }')
    const { exitCode, stderr } = await start([])
    expect([exitCode, stderr]).toEqual([1, expect.stringMatching(/Error: a bug\n\s+at (?:Module\.)?main/)])
  })
})

describe('under a Node that is too old', () => {
  test.each(['20.20.2', '22.17.1'])('%s loads nothing and says what to do', async version => {
    install('src/cli/main.ts', 'throw new Error("loaded")')
    const { exitCode, stderr } = await start(['runs'], { node: pretend(version) })
    expect(exitCode).toBe(2)
    expect(stderr).toBe(
      `agentlab failed on Node ${version}: it needs Node 22.18 or newer\n  → Install a newer Node, or run npm ci in ${dir}, which brings one.\n`,
    )
  })

  test('still answers --version', async () => {
    expect(await start(['--version'], { node: pretend('20.20.2') })).toMatchObject({ exitCode: 0, stdout: '7.8.9\n' })
  })

  test('hands over to the package’s own Node, with arguments and exit code', async () => {
    install('src/cli/main.ts', echo('own node'))
    ownNode()
    expect(await start(['x', '--flag'], { node: pretend('20.20.2') })).toMatchObject({
      exitCode: 4,
      stdout: 'own node x --flag\n',
    })
  })

  test('does not hand over for ever when that one is too old as well', async () => {
    ownNode(pretend('18.0.0'))
    const { exitCode, stderr } = await start(['runs'], { node: pretend('20.20.2') })
    expect([exitCode, stderr]).toEqual([2, expect.stringContaining('failed on Node 18.0.0')])
  })
})

test('the real entry tells the version in package.json', async () => {
  const { version } = JSON.parse(readFileSync(join(packageRoot, 'package.json'), 'utf8')) as { version: string }
  const result = await run(process.execPath, [join(packageRoot, 'bin/agentlab.js'), '--version'], {
    cwd: dir,
    env: {},
    timeoutMs: 30_000,
    encoding: 'utf8',
  })
  expect(result).toMatchObject({ exitCode: 0, stdout: `${version}\n` })
})
