/** Lines of a file that grows, is emptied under the reader, or never ends a line. */
import {
  appendFileSync,
  closeSync,
  ftruncateSync,
  openSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
  writeSync,
} from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { lineSplitter } from '../../src/process/line-splitter.ts'
import { type TailOptions, tailLines } from '../../src/process/tail.ts'
import { remove, scratchDir, until } from './seat.ts'

let dir: string
let path: string
beforeEach(() => {
  dir = scratchDir()
  path = join(dir, 'out')
})
afterEach(() => remove(dir))

const follow = (options: Omit<TailOptions, 'onLine'> = {}) => {
  const lines: string[] = []
  const cuts: string[] = []
  const tail = tailLines(path, {
    ...options,
    onLine: (line, cut) => void (cut ? cuts : lines).push(line),
  })
  return { tail, lines, cuts, heard: (count: number) => until(`${count} lines came`, () => lines.length >= count) }
}

describe('tailLines', () => {
  test('delivers what is there, what comes, and at the end an unfinished line', async () => {
    writeFileSync(path, 'one\ntwo\nth')
    const { tail, lines, heard } = follow()
    await heard(2)
    expect(lines).toEqual(['one', 'two'])
    appendFileSync(path, 'ree\n\nfour')
    await heard(4)
    await tail.stop()
    expect(lines).toEqual(['one', 'two', 'three', '', 'four'])
  })

  test('waits for a file that does not exist yet', async () => {
    const { tail, lines, heard } = follow()
    writeFileSync(path, 'late\n')
    await heard(1)
    await tail.stop()
    expect(lines).toEqual(['late'])
  })

  test('ends without a line when the file never came', async () => {
    const { tail, lines } = follow()
    await tail.stop()
    expect(lines).toEqual([])
  })

  test('reads to the end of what was written before the stop', async () => {
    const { tail, lines } = follow()
    const many = Array.from({ length: 50_000 }, (_, index) => `line ${index}`)
    writeFileSync(path, `${many.join('\n')}\n`)
    await tail.stop()
    expect(lines).toEqual(many)
  })

  test('joins characters that were written in halves', async () => {
    const bytes = Buffer.from('äöü€😀\n')
    const { tail, lines, heard } = follow()
    for (const byte of bytes) appendFileSync(path, Buffer.from([byte]))
    await heard(1)
    await tail.stop()
    expect(lines).toEqual(['äöü€😀'])
  })

  test('passes NULs on and replaces bytes that are no UTF-8', async () => {
    writeFileSync(path, Buffer.from([0x61, 0, 0x62, 0x0a, 0xff, 0x0a]))
    const { tail, lines } = follow()
    await tail.stop()
    expect(lines).toEqual(['a\0b', '�'])
  })

  test('delivers a line over the limit once, cut between characters, and goes on with the next', async () => {
    writeFileSync(path, `${'ä'.repeat(100_000)}\nnext\n`)
    const { tail, lines, cuts } = follow({ maxLineBytes: 1_001 })
    await tail.stop()
    expect(cuts).toEqual(['ä'.repeat(500)])
    expect(lines).toEqual(['next'])
  })

  test('reads a line of a gigabyte in bounded memory', async () => {
    const fd = openSync(path, 'w')
    ftruncateSync(fd, 1024 ** 3)
    writeSync(fd, '\nend\n', 1024 ** 3)
    closeSync(fd)
    const before = process.memoryUsage.rss()
    let peak = before
    const watch = setInterval(() => {
      peak = Math.max(peak, process.memoryUsage.rss())
    }, 20)
    const { tail, lines, cuts } = follow({ maxLineBytes: 1024 * 1024 })
    await tail.stop()
    clearInterval(watch)
    expect([cuts.length, lines]).toEqual([1, ['end']])
    expect(peak - before).toBeLessThan(100 * 1024 * 1024)
  })

  test('goes on after the file was emptied in place', async () => {
    writeFileSync(path, 'first\nsecond\n')
    const { tail, lines, heard } = follow()
    await heard(2)
    truncateSync(path, 0)
    appendFileSync(path, 'third\n')
    await heard(3)
    await tail.stop()
    expect(lines).toEqual(['first', 'second', 'third'])
  })

  test('told of the bytes removed, misses nothing although the file has outgrown what was read', async () => {
    let dropped = 0
    writeFileSync(path, 'first\n')
    const { tail, lines, heard } = follow({ droppedBytes: () => dropped })
    await heard(1)
    truncateSync(path, 0)
    dropped = 6
    appendFileSync(path, 'much longer than before\n')
    await heard(2)
    await tail.stop()
    expect(lines).toEqual(['first', 'much longer than before'])
  })

  test('marks the line that was at hand when bytes were lost', async () => {
    let dropped = 0
    writeFileSync(path, 'whole\nhalf')
    const { tail, lines, cuts, heard } = follow({ droppedBytes: () => dropped })
    await heard(1)
    await until('the half line is read', () => true)
    appendFileSync(path, ' that nobody reads')
    truncateSync(path, 0)
    dropped = 1_000
    appendFileSync(path, 'new\n')
    await heard(2)
    await tail.stop()
    expect(lines).toEqual(['whole', 'new'])
    expect(cuts).toHaveLength(1)
    expect(cuts[0]).toMatch(/^half/)
  })

  test('ends at once on the signal', async () => {
    writeFileSync(path, 'one\npartial')
    const controller = new AbortController()
    const { tail, lines, heard } = follow({ signal: controller.signal })
    await heard(1)
    controller.abort()
    await tail.stop()
    expect(lines).toEqual(['one'])
  })

  test('never follows a link', async () => {
    writeFileSync(join(dir, 'secret'), 'secret\n')
    symlinkSync(join(dir, 'secret'), path)
    const { tail, lines } = follow()
    await expect(tail.stop()).rejects.toThrow('ELOOP')
    expect(lines).toEqual([])
  })

  test('hands on what the listener throws', async () => {
    writeFileSync(path, 'one\n')
    const tail = tailLines(path, {
      onLine: () => {
        throw new Error('listener failed')
      },
    })
    await expect(tail.stop()).rejects.toThrow('listener failed')
  })
})

describe('lineSplitter', () => {
  test('finds the same lines however the bytes are cut into chunks', () => {
    const bytes = Buffer.from('one\n\ntwo €\nlong long long\nlast')
    for (let size = 1; size <= bytes.length; size++) {
      const found: [string, boolean][] = []
      const splitter = lineSplitter(8, (line, cut) => found.push([line, cut]))
      for (let at = 0; at < bytes.length; at += size) splitter.push(bytes.subarray(at, at + size))
      splitter.end()
      expect(found).toEqual([
        ['one', false],
        ['', false],
        ['two €', false],
        ['long lon', true],
        ['last', false],
      ])
    }
  })
})
