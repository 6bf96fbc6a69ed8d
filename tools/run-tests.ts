/**
 * What `npm test` runs: the linters and the type check first, then every test; the last line printed is the count, taken
 * from the runner's own record. Fails when anything failed, and when nothing ran at all.
 * Words after the command name files to run, as vitest takes them; then the linters are left out.
 */
import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { startVitest } from 'vitest/node'

const root = fileURLToPath(new URL('..', import.meta.url))

interface Count {
  passed: number
  failed: number
  skipped: number
}

/** Runs the linters as `npm run lint` does; each failure is one failed test of the count. */
const lint = (): boolean => {
  const ended = spawnSync('npm', ['run', '--silent', 'lint'], { cwd: root, stdio: ['ignore', 'inherit', 'inherit'] })
  if (ended.status !== 0) process.stdout.write(`FAILED npm run lint (exit code ${ended.status ?? ended.signal})\n`)
  return ended.status === 0
}

const runTests = async (files: string[]): Promise<Count> => {
  const vitest = await startVitest('test', files, { root, run: true, watch: false, reporters: ['default'] })
  const count: Count = { passed: 0, failed: vitest.state.getUnhandledErrors().length, skipped: 0 }
  for (const module of vitest.state.getTestModules()) {
    let failedInside = 0
    for (const test of module.children.allTests()) {
      const result = test.result()
      if (result.state === 'passed') count.passed += 1
      else if (result.state === 'skipped') {
        count.skipped += 1
        const reason = result.note ?? 'no reason given'
        process.stdout.write(`SKIPPED ${module.relativeModuleId}: ${test.fullName}: ${reason}\n`)
      } else failedInside += 1
    }
    // A file that could not be loaded, or whose hooks failed, has no failed test to show for it.
    count.failed += module.state() === 'failed' ? Math.max(1, failedInside) : failedInside
  }
  await vitest.close()
  return count
}

const files = process.argv.slice(2)
const isLinted = files.length > 0 || lint()
const count = await runTests(files)
if (!isLinted) count.failed += 1
if (count.passed + count.failed === 0) process.stdout.write('FAILED: no test ran\n')
const skipped = count.skipped === 0 ? '' : `, ${count.skipped} skipped`
process.stdout.write(`${count.passed} passed, ${count.failed} failed${skipped}\n`)
process.exit(count.failed > 0 || count.passed === 0 ? 1 : 0)
