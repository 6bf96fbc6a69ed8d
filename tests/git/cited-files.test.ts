/** What a commit holds at the paths a researcher cites, whatever its workspace or the checkout holds by now. */
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { committedTexts } from '../../src/git/cited-files.ts'
import { openRepository } from '../../src/git/repository.ts'
import {
  commitFiles,
  makeRepository,
  makeScratch,
  removeScratch,
  shellGit,
  writeFiles,
} from '../support/git-repository.ts'

test('only a text of the commit itself is one: no link, folder, submodule, pointer, binary or later change', async () => {
  const scratch = makeScratch('cited')
  onTestFinished(() => removeScratch(scratch))
  const root = makeRepository(scratch, {
    'src/a.ts': 'one\ntwo\n',
    link: { link: 'src/a.ts' },
    'binary.bin': 'a\0b',
    'large.txt': 'x'.repeat(1024 * 1024 + 1),
    'pointer.psd': `version https://git-lfs.github.com/spec/v1\noid sha256:${'a'.repeat(64)}\nsize 12\n`,
    'empty.txt': '',
  })
  shellGit(root, ['update-index', '--add', '--cacheinfo', `160000,${'c'.repeat(40)},sub`])
  shellGit(root, ['commit', '-q', '-m', 'A submodule'])
  const commit = shellGit(root, ['rev-parse', 'HEAD'])
  commitFiles(root, { 'src/a.ts': 'later\n', 'later.txt': 'later\n' })
  writeFiles(root, { 'src/a.ts': 'not committed\n' })
  const repository = await openRepository(join(root, 'src'))
  const paths = [
    'src/a.ts',
    'link',
    'binary.bin',
    'large.txt',
    'pointer.psd',
    'empty.txt',
    'sub',
    'src',
    'later.txt',
    'no',
  ]
  expect(Object.fromEntries(await committedTexts(repository, commit, paths))).toEqual({
    'src/a.ts': { text: 'one\ntwo\n' },
    'empty.txt': { text: '' },
    link: { not: expect.stringContaining('link'), isChecked: true },
    src: { not: 'it is a folder', isChecked: true },
    sub: { not: expect.stringContaining('submodule'), isChecked: true },
    'binary.bin': { not: 'the file is binary', isChecked: true },
    'large.txt': { not: 'the file is larger than 1 MiB', isChecked: false },
    'pointer.psd': { not: expect.stringContaining('Git LFS'), isChecked: false },
  })
})
