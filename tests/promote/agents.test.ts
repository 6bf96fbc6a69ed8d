import { expect, test } from 'vitest'
import { type Ancestor, agentAncestor, agentSign, agentVariables } from '../../src/process/agent-caller.ts'

test('a person may have logins and places of the CLIs in the shell, an agent is told by anything else of them', () => {
  expect(
    agentVariables(['PATH', 'CLAUDE_CODE_OAUTH_TOKEN', 'CODEX_HOME', 'GEMINI_API_KEY', 'CLAUDE_CONFIG_DIR']),
  ).toEqual([])
  expect(agentVariables(['CLAUDECODE', 'CODEX_THREAD_ID', 'GEMINI_CLI', 'AGENTLAB_SEAT', 'AGENTLAB_HOME'])).toEqual([
    'AGENTLAB_SEAT',
    'CLAUDECODE',
    'CODEX_THREAD_ID',
    'GEMINI_CLI',
  ])
})

const process = (pid: number, parent: number, words: string[], variables: string[] = []): Ancestor => ({
  pid,
  parent,
  words,
  variables,
})

test.each([
  [['/usr/local/bin/claude', '-p'], 'the program claude'],
  [['node', '/opt/lib/gemini.js', '-m', 'x'], 'the program gemini'],
  [['/opt/codex-linux/bin/codex', 'exec'], 'the program codex'],
  [['vim', 'notes', 'claude'], null],
  [['bash', '/home/me/claude-notes/run.sh'], null],
  [[], null],
])('a process started as %j is %s', (words, sign) => {
  expect(agentSign(process(2, 1, words))).toBe(sign)
})

test('the nearest agent above is found, however far, and a circle of parents ends', () => {
  const family = [
    process(10, 9, ['node', 'promote.js']),
    process(9, 8, ['bash']),
    process(8, 7, ['sh'], ['AGENTLAB_RUN']),
    process(7, 1, ['claude']),
    process(1, 0, ['init']),
  ]
  const read = (pid: number): Ancestor | null => family.find(one => one.pid === pid) ?? null
  expect(agentAncestor(10, read)).toEqual({ pid: 8, sign: 'the variable AGENTLAB_RUN' })
  expect(agentAncestor(7, read)).toBeNull()
  expect(agentAncestor(3, pid => process(pid, pid === 3 ? 4 : 3, ['bash']))).toBeNull()
})
