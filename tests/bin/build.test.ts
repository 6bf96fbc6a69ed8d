/** The built program: one bundle a command, dependencies outside it, data files found from where it lies. */
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { run } from '../../src/process/run.ts'

const packageRoot = resolve(import.meta.dirname, '../..')
const options = { cwd: packageRoot, env: { PATH: '/usr/bin:/bin' }, timeoutMs: 60_000, encoding: 'utf8' as const }

let dir: string
beforeAll(async () => {
  mkdirSync(join(packageRoot, '.scratch'), { recursive: true })
  dir = mkdtempSync(join(packageRoot, '.scratch/build-'))
  const built = await run(process.execPath, ['tools/build.ts', join(dir, 'dist')], options)
  expect(built).toMatchObject({ exitCode: 0, stderr: '' })
})
afterAll(() => rmSync(dir, { recursive: true, force: true }))

const builtMain = (...args: string[]) => {
  const script = `import('${dir}/dist/cli/main.js').then(({ main }) => main(['node', 'agentlab', ...${JSON.stringify(args)}]))`
  return run(process.execPath, ['-e', script], options)
}

test('the built program runs and finds the package’s files', async () => {
  const { version } = JSON.parse(readFileSync(join(packageRoot, 'package.json'), 'utf8')) as { version: string }
  expect(await builtMain('--version')).toMatchObject({ exitCode: 0, stdout: expect.stringContaining(version) })
  expect((await builtMain('task', '--help')).stdout).toContain('Usage: agentlab task')
})

test('no dependency is bundled, and nothing native is loaded to print help', async () => {
  const chunks = readdirSync(join(dir, 'dist/chunks')).map(name => readFileSync(join(dir, 'dist/chunks', name), 'utf8'))
  expect(chunks.filter(text => /^\/\/ node_modules\//m.test(text))).toEqual([])
  expect(readFileSync(join(dir, 'dist/cli/main.js'), 'utf8')).not.toContain('better-sqlite3')
})
