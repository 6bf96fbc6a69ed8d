/** Completion scripts: everything the program has is in each of them, and bash really completes with its own. */
import { execFileSync, spawnSync } from 'node:child_process'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { completionScript, shells } from '../../src/cli/completion-scripts.ts'
import { completionTree } from '../../src/cli/completion-tree.ts'
import { buildProgram } from '../../src/cli/program.ts'
import { makeScratch, removeScratch } from '../support/git-repository.ts'

const scratch = makeScratch('completion')
afterAll(() => removeScratch(scratch))

const program = buildProgram('0', async () => undefined)
const tree = completionTree(program)

test('the tree has every visible command with every option, and not the hidden one', () => {
  const visible = program.commands.filter(command => command.name() !== 'supervise').map(command => command.name())
  expect(tree.filter(one => one.path.length === 1).map(one => one.path[0])).toEqual(visible)
  for (const command of program.commands) {
    const entry = tree.find(one => one.path.length === 1 && one.path[0] === command.name())
    for (const { long } of command.options)
      if (entry !== undefined) expect(entry.options.flatMap(option => option.names)).toContain(long)
  }
})

test.each(shells)('the script for %s names every command, every option and every choice', shell => {
  const script = completionScript(shell, tree)
  for (const { path, options } of tree) {
    for (const word of path) expect(script).toContain(word)
    for (const { names, value } of options) {
      for (const name of names) expect(script).toContain(shell === 'fish' ? name.replace(/^--?/, '') : name)
      if (value?.kind === 'words') for (const word of value.words) expect(script).toContain(word)
    }
  }
})

describe('in bash', () => {
  const bin = join(scratch, 'bin')
  mkdirSync(bin)
  writeFileSync(join(bin, 'agentlab'), '#!/bin/sh\necho "k3m9q2x7 done"\necho "b1b1b1b1 failed"\n', { mode: 0o755 })
  const file = join(scratch, 'agentlab.bash')
  writeFileSync(file, completionScript('bash', tree))
  const script = `source "$1"; shift; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _agentlab; printf "%s\\n" "\${COMPREPLY[@]}"`
  const complete = (...words: string[]): string[] =>
    execFileSync('bash', ['--norc', '-c', script, 'bash', file, 'agentlab', ...words], {
      cwd: scratch,
      encoding: 'utf8',
      env: { PATH: `${bin}:/usr/bin:/bin` },
    })
      .trim()
      .split('\n')

  test.each<[string[], string[]]>([
    [['ru'], ['runs']],
    [['runs', '--st'], ['--state']],
    [['runs', '--state', 'w'], ['waiting']],
    [['profile', 'un'], ['uninstall']],
    [['profile', 'install', '--d'], ['--dir']],
    [['completion', 'z'], ['zsh']],
    [['show', 'k'], ['k3m9q2x7']],
    [['receipt', ''], ['k3m9q2x7']],
    [['receipt', 'k3m9q2x7', '--html', 'agentlab.b'], ['agentlab.bash']],
    [['cost', '--by', ''], ['worker']],
  ])('%j gives what fits', (words, expected) => {
    expect(complete(...words)).toEqual(expect.arrayContaining(expected))
  })

  test('what does not fit is not offered', () => {
    expect(complete('runs', '--state', 'x')).toEqual([''])
    expect(complete('supervi')).toEqual([''])
  })
})

describe.each(['zsh', 'fish'] as const)('in %s', shell => {
  const isMissing = spawnSync(shell, ['--version']).error !== undefined
  test.skipIf(isMissing)('the script is accepted (skipped where the shell is not installed)', () => {
    const file = join(scratch, `agentlab.${shell}`)
    writeFileSync(file, completionScript(shell, tree))
    expect(spawnSync(shell, ['-n', file], { encoding: 'utf8' }).stderr).toBe('')
  })
})
