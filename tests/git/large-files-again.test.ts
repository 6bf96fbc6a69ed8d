import { appendFileSync, mkdirSync, readFileSync, rmSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test, vi } from 'vitest'
import { rememberWorkspace, restoreWorkspace } from '../../src/git/kept-workspace.ts'
import { openRepository } from '../../src/git/repository.ts'
import { createWorkspace } from '../../src/git/workspace.ts'
import { commitFiles, makeRepository, makeScratch, removeScratch, shellGit } from '../support/git-repository.ts'
import { commitLargeFiles } from '../support/large-files.ts'

vi.setConfig({ testTimeout: 60_000 })

test('a workspace used again has the contents of Git LFS, whatever was done to them, and no change', async () => {
  const scratch = makeScratch('large-again')
  try {
    const root = makeRepository(scratch)
    const contents = { 'art/a.bin': 'content of a', 'art/b.bin': 'content of b', 'c.bin': 'content of c' }
    commitLargeFiles(root, contents)
    shellGit(root, ['checkout', '-q', '--', '.'])
    const first = shellGit(root, ['rev-parse', 'HEAD'])
    const second = commitFiles(root, { 'more.txt': 'more\n' })
    const repository = await openRepository(root)
    const dirs = { workspace: join(scratch, 'seat', 'work'), gitDir: join(scratch, 'seat', 'git') }
    const memory = join(scratch, 'memory')
    const request = { repository, dirs, branch: 'task', identity: { name: 'Worker', email: 'worker@localhost' } }
    await createWorkspace({ ...request, commit: first })
    await rememberWorkspace(dirs, memory, 'a note')
    appendFileSync(join(dirs.workspace, 'c.bin'), 'changed')
    mkdirSync(join(scratch, 'outside'))
    rmSync(join(dirs.workspace, 'art'), { recursive: true })
    symlinkSync(join(scratch, 'outside'), join(dirs.workspace, 'art'))
    expect(await restoreWorkspace(dirs, memory)).not.toBeNull()
    await createWorkspace({ ...request, commit: second, from: memory })
    for (const [path, content] of Object.entries(contents))
      expect(readFileSync(join(dirs.workspace, path), 'utf8')).toBe(content)
    expect(shellGit(dirs.workspace, ['status', '--porcelain'])).toBe('')
  } finally {
    removeScratch(scratch)
  }
})
