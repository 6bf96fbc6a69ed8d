/** A repository of many files: a run on it starts no more git processes than one on a hundred. */
import { chmodSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test, vi } from 'vitest'
import { findGit } from '../../src/git/exec.ts'
import { makeScratch, removeScratch, shellGit } from '../support/git-repository.ts'
import { inOddRepository, makesOneFile } from '../support/odd-run.ts'

/** Made by fast-import, and checked out in one small folder only: the operator's files are not what is looked at. */
const repositoryOf = (scratch: string, files: number): string => {
  const root = join(scratch, 'operator')
  mkdirSync(root)
  shellGit(root, ['init', '-q', '-b', 'main'])
  const lines = Array.from({ length: files }, (_, n) => `M 100644 :1 folder${n % 100}/part${n % 1_000}/file${n}.txt`)
  const head =
    'blob\nmark :1\ndata 2\na\n\ncommit refs/heads/main\ncommitter Operator <operator@example.com> 1700000000 +0000\n'
  shellGit(root, ['fast-import', '--quiet'], { input: `${head}data 5\nFiles\n${lines.join('\n')}\n` })
  shellGit(root, ['config', 'user.name', 'Operator'])
  shellGit(root, ['config', 'user.email', 'operator@example.com'])
  shellGit(root, ['sparse-checkout', 'set', 'folder0/part0'])
  shellGit(root, ['reset', '-q', '--hard'])
  return root
}

/** Puts a git on PATH that writes down what it is asked, and gives its folder; what runs in a box can't write there. */
const writeCallsTo = (scratch: string): string => {
  const log = join(scratch, 'git.log')
  const bin = join(scratch, 'counting')
  mkdirSync(bin)
  writeFileSync(log, '')
  writeFileSync(join(bin, 'git'), `#!/bin/sh\n{ echo "$1" >>'${log}'; } 2>/dev/null\nexec '${findGit()}' "$@"\n`)
  chmodSync(join(bin, 'git'), 0o755)
  vi.stubEnv('PATH', `${bin}:${process.env.PATH}`)
  return bin
}

const callsOn = async (files: number): Promise<string[]> => {
  let calls: string[] = []
  const counting = makeScratch('counting')
  try {
    await inOddRepository(
      scratch => {
        const root = repositoryOf(scratch, files)
        return { root, bin: writeCallsTo(counting) }
      },
      makesOneFile,
      ({ view, git }) => {
        expect(view.outcome).toBe('done')
        calls = readFileSync(join(counting, 'git.log'), 'utf8').trim().split('\n').toSorted()
        expect(git('ls-tree', '-r', '--name-only', 'agent').split('\n')).toHaveLength(files + 1)
      },
    )
  } finally {
    vi.unstubAllEnvs()
    removeScratch(counting)
  }
  return calls
}

/** What supervisors do while they wait differs by a few calls from run to run. */
const chance = 10

test('a run on thousands of files asks git no more than one on a hundred', async () => {
  const few = await callsOn(100)
  const many = await callsOn(5_000)
  expect(few).toContain('read-tree')
  expect(Math.abs(many.length - few.length)).toBeLessThan(chance)
})
