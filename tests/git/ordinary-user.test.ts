import { execFileSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { makeScratch, removeScratch } from '../support/git-repository.ts'

const program = fileURLToPath(new URL('../fixtures/programs/harvest-once.ts', import.meta.url))
let scratch: string
beforeAll(() => {
  scratch = makeScratch('ordinary-user')
})
afterAll(() => removeScratch(scratch))

test('harvests without the right to write to read-only files, as an ordinary user has it not', () => {
  const command = [process.execPath, program, scratch]
  // Root may write to anything; without its capabilities a file's own mode counts again.
  const withoutPrivilege = process.getuid?.() === 0 ? ['setpriv', '--bounding-set=-all', '--inh-caps=-all'] : []
  const [file, ...args] = [...withoutPrivilege, ...command]
  expect(execFileSync(file!, args, { encoding: 'utf8' })).toBe('harvested\n')
})
