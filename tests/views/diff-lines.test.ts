/** Real diffs of git, read. */

import { join } from 'node:path'
import { expect, test } from 'vitest'
import { parseDiff } from '../../src/domain/diff-lines.ts'
import { diffText } from '../../src/git/diff.ts'
import { commitFiles, makeRepository, makeScratch, removeScratch } from '../support/git-repository.ts'

test('every kind of change has its path, its counts and its line numbers', async () => {
  const scratch = makeScratch('diff-lines')
  try {
    const long = Array.from({ length: 30 }, (_, line) => `line ${line + 1}`)
    const root = makeRepository(scratch, {
      'kept.txt': `${long.join('\n')}\n`,
      'gone.txt': 'bye\n',
      'old name.txt': `${long.join('\n')}\nold\n`,
      'bin.dat': 'a\u0000b',
      'dashes.txt': '-- a\n++ b\n',
    })
    const place = { gitDir: join(root, '.git'), root }
    const from = commitFiles(root, {})
    const changed = long.with(1, 'changed').toSpliced(25, 0, 'more')
    const to = commitFiles(root, {
      'kept.txt': changed.join('\n'),
      'gone.txt': null,
      'old name.txt': null,
      'new "name".txt': `${long.join('\n')}\nnew\n`,
      'bin.dat': 'a\u0000c',
      'ünï\tcode.txt': 'x\n',
      'dashes.txt': '++ b\n-- c\n',
    })
    const files = new Map(parseDiff(await diffText(place, from, to)).map(file => [file.path, file]))
    expect([...files.keys()].sort()).toEqual(
      ['bin.dat', 'dashes.txt', 'gone.txt', 'kept.txt', 'new "name".txt', 'ünï\tcode.txt'].sort(),
    )
    expect(files.get('gone.txt')).toMatchObject({ change: 'deleted', deleted: 1, added: 0 })
    expect(files.get('bin.dat')).toMatchObject({ binary: true, hunks: [] })
    expect(files.get('new "name".txt')).toMatchObject({
      change: 'renamed',
      oldPath: 'old name.txt',
      added: 1,
      deleted: 1,
    })
    expect(files.get('ünï\tcode.txt')).toMatchObject({ change: 'added', added: 1 })
    expect(files.get('dashes.txt')).toMatchObject({ added: 1, deleted: 1 })
    const kept = files.get('kept.txt')!
    expect(kept.hunks).toHaveLength(2)
    const lines = kept.hunks.flatMap(hunk => hunk.lines)
    expect(lines.find(line => line.text === 'changed')).toMatchObject({ kind: 'added', newLine: 2 })
    expect(lines.find(line => line.text === 'line 2')).toMatchObject({ kind: 'deleted', oldLine: 2 })
    for (const line of lines) if (line.newLine !== null) expect(line.text).toBe(changed[line.newLine - 1])
  } finally {
    removeScratch(scratch)
  }
})

test('what is no diff gives no file and no error', () => {
  expect(parseDiff('')).toEqual([])
  expect(parseDiff('@@ -1 +1 @@\n+x\nhello')).toEqual([])
})
