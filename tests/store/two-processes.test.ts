import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { expect, onTestFinished, test } from 'vitest'
import { isLockHeld, lockHolder, takeLock } from '../../src/store/lock.ts'
import { runId, scratchDir, scratchStore } from './scratch-store.ts'

/** Starts a fixture program; `line()` waits for its next line of output. */
const start = (program: string, path: string): { child: ChildProcess; line(): Promise<string> } => {
  const file = join(import.meta.dirname, '../fixtures/store', program)
  const child = spawn(process.execPath, [file, path], { stdio: ['pipe', 'pipe', 'inherit'] })
  onTestFinished(() => void child.kill('SIGKILL'))
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]()
  return { child, line: async () => String((await lines.next()).value) }
}

const killed = async (child: ChildProcess): Promise<void> => {
  const gone = once(child, 'exit')
  child.kill('SIGKILL')
  await gone
}

test('one process at a time holds the lock, and kill -9 gives it back', async () => {
  const path = join(scratchDir(), 'lock.db')
  const first = start('hold-lock.ts', path)
  expect(await first.line()).toBe('held')
  expect(takeLock(path, 1)).toBeNull()
  expect(isLockHeld(path)).toBe(true)
  expect(lockHolder(path)).toEqual({ pid: first.child.pid, since: 17 })
  expect(await start('hold-lock.ts', path).line()).toBe('taken')

  await killed(first.child)
  expect(isLockHeld(path)).toBe(false)
  const mine = takeLock(path, 2)
  expect(mine).not.toBeNull()
  expect(lockHolder(path)).toEqual({ pid: process.pid, since: 2 })
  mine!.release()
  mine!.release()
  expect(isLockHeld(path)).toBe(false)
})

test('two processes that start at once do not both get the lock', async () => {
  const path = join(scratchDir(), 'lock.db')
  const both = [start('hold-lock.ts', path), start('hold-lock.ts', path)]
  const said = await Promise.all(both.map(one => one.line()))
  expect(said.toSorted()).toEqual(['held', 'taken'])
})

test('a supervisor whose time is over can write nothing more', async () => {
  const store = scratchStore()
  const old = start('write-late.ts', store.path)
  expect(await old.line()).toBe('epoch 1')
  old.child.stdin!.write(`${runId}\n`)
  expect(await old.line()).toBe('written')

  const epoch = store.nextEpoch()
  expect(epoch).toBe(2)
  old.child.stdin!.write(`${runId}\n`)
  expect(await old.line()).toBe('superseded')
  store.write(() => store.events.append({ type: 'run.concluded', runId }, 2, epoch), epoch)
  expect(store.events.all().map(logged => logged.epoch)).toEqual([1, 2])
  old.child.stdin!.end()
})

test('what a process had committed is there after kill -9', async () => {
  const store = scratchStore()
  const writer = start('write-late.ts', store.path)
  await writer.line()
  for (let n = 0; n < 5; n++) {
    writer.child.stdin!.write(`${runId}\n`)
    expect(await writer.line()).toBe('written')
  }
  await killed(writer.child)
  expect(store.events.ofRun(runId)).toHaveLength(5)
})
