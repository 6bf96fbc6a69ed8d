/** Where a repository's data lies, and where it must not. */
import { mkdirSync, mkdtempSync, rmSync, statSync, symlinkSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { checkDataDirPlace, dataDirOf, ensureDataDir, fileSystemType } from '../../src/config/data-dir.ts'

const scratchRoot = resolve('.scratch')
mkdirSync(scratchRoot, { recursive: true })
const scratch = mkdtempSync(join(scratchRoot, 'data-dir-'))
afterAll(() => rmSync(scratch, { recursive: true }))

test('is one per repository, whatever path leads to it', () => {
  const git = join(scratch, 'repo.git')
  mkdirSync(git)
  symlinkSync(git, join(scratch, 'link.git'))
  const env = { XDG_STATE_HOME: join(scratch, 'state'), HOME: '/home/operator' }
  const dir = dataDirOf({ commonGitDir: git, env, platform: 'linux' })
  expect(dir).toMatch(/\/state\/agentlab\/[0-9a-f]{12}$/)
  expect(dataDirOf({ commonGitDir: join(scratch, 'link.git'), env, platform: 'linux' })).toBe(dir)
  expect(dataDirOf({ commonGitDir: git, env: { HOME: '/home/operator' }, platform: 'linux' })).toMatch(
    /^\/home\/operator\/\.local\/state\/agentlab\//,
  )
  expect(dataDirOf({ commonGitDir: git, env: { ...env, XDG_STATE_HOME: 'relative' }, platform: 'linux' })).toMatch(
    /^\/home\/operator\//,
  )
  expect(dataDirOf({ commonGitDir: git, env, platform: 'darwin' })).toMatch(
    /^\/home\/operator\/\.agentlab\/[0-9a-f]{12}$/,
  )
})

test('is made for its owner alone', () => {
  const dir = ensureDataDir(join(scratch, 'state', 'agentlab', 'abc'))
  expect(statSync(dir).mode & 0o777).toBe(0o700)
})

describe('is refused', () => {
  test('under the temporary folder', () => {
    expect(() => ensureDataDir('/tmp/state/agentlab/abc')).toThrow(
      expect.objectContaining({ code: 'data-dir-in-temp', exit: 2 }),
    )
  })

  test('under a link to the temporary folder', () => {
    symlinkSync('/tmp', join(scratch, 'elsewhere'))
    expect(() => checkDataDirPlace(join(scratch, 'elsewhere', 'state'))).toThrow(
      expect.objectContaining({ code: 'data-dir-in-temp' }),
    )
  })

  test.each(['nfs4', 'cifs', 'fuse.sshfs', '9p'])('on %s', type => {
    const mounts = `20 1 0:1 / / rw - ext4 /dev/a rw\n21 20 0:2 / ${scratch} rw shared:1 - ${type} server:/x rw\n`
    expect(() => checkDataDirPlace(join(scratch, 'state'), mounts)).toThrow(
      expect.objectContaining({ code: 'data-dir-on-network', exit: 2 }),
    )
  })
})

describe('the file system of a path', () => {
  const mounts = [
    '1 0 0:1 / / rw - ext4 /dev/a rw',
    '2 1 0:2 / /home rw - nfs4 s:/h rw',
    '3 2 0:3 / /home/with\\040blank rw - xfs /dev/b rw',
    '4 1 0:4 / /mnt rw - nfs s:/a rw',
    '5 4 0:5 / /mnt rw - tmpfs none rw',
  ].join('\n')

  test.each([
    ['/var/x', 'ext4'],
    ['/home/u', 'nfs4'],
    ['/homes', 'ext4'],
    ['/home/with blank/x', 'xfs'],
    ['/mnt/x', 'tmpfs'],
  ])('%s is %s', (path, type) => {
    expect(fileSystemType(path, mounts)).toBe(type)
  })
})
