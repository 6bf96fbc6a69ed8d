import { execFileSync, spawnSync } from 'node:child_process'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { dataDirOf } from '../../src/config/data-dir.ts'
import { syncCommit } from '../../src/git/integrate.ts'
import { mergeTree } from '../../src/git/merge.ts'
import { promoteLockName, takeLock } from '../../src/store/lock.ts'
import { checkoutDigest } from '../support/checkout-digest.ts'
import { commitFiles, makeScratch, removeScratch, shellGit } from '../support/git-repository.ts'
import { makePromotable, type Promotable, runId } from '../support/promotable.ts'
import { runAtTerminal, type TerminalRun } from '../support/terminal.ts'

vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 })

const entry = fileURLToPath(new URL('../../bin/promote.js', import.meta.url))

let scratch: string
let lab: Promotable
let tip: string

beforeEach(async () => {
  scratch = makeScratch('promote-cli')
  lab = await makePromotable(scratch)
  tip = await lab.integrate({ 'added.txt': 'added\n', 'a.txt': 'new\n' })
  lab.check(tip, 'passed')
})
afterEach(() => {
  lab.store.close()
  removeScratch(scratch)
})

const promote = (
  answer = 'v1',
  options: { env?: Record<string, string>; tag?: string; cwd?: string } = {},
): Promise<TerminalRun> =>
  runAtTerminal({
    scratch,
    cwd: options.cwd ?? lab.directory,
    command: `exec '${process.execPath}' '${entry}' ${options.tag ?? 'v1'}`,
    env: { ...lab.env, ...options.env },
    prompt: 'anything else to leave it: ',
    answer,
  })

const main = (): string => shellGit(lab.directory, ['rev-parse', 'main'])
const status = (): string => shellGit(lab.directory, ['status', '--porcelain'])
const tags = (): string => shellGit(lab.directory, ['tag', '-l'])
const recordPath = (): string =>
  join(dataDirOf({ commonGitDir: lab.repository.commonDir, env: lab.env }), 'promotions.jsonl')

/** Refused, with these words, and nothing at all has changed. */
const expectRefusal = async (
  run: () => Promise<TerminalRun>,
  exit: number,
  ...words: (string | RegExp)[]
): Promise<void> => {
  status()
  const digest = checkoutDigest(lab.directory)
  const { text, ...ended } = await run()
  for (const word of words) expect(text).toMatch(word)
  expect(ended.exit).toBe(exit)
  expect(checkoutDigest(lab.directory)).toBe(digest)
  expect(existsSync(recordPath())).toBe(false)
}

test('nobody promotes while somebody else does, and an erasure sees by the same lock that somebody does', async () => {
  const lock = takeLock(join(dirname(recordPath()), promoteLockName), Date.now())!
  await expectRefusal(() => promote(), 2, /promote failed on its lock: somebody promotes in another terminal/)
  lock.release()
})

describe('a person at a terminal who types the tag', () => {
  test('moves main, standing on it, with files, tag and record', async () => {
    const { exit, text } = await promote()
    expect(text).toContain(`${runId}-1  Task number 1`)
    expect(text).toContain('by claude, pass by codex')
    expect(text).toContain('Checks passed on exactly this tree: test')
    expect(text).toMatch(/NOT PROVEN\n {2}- Run k3m9q2x7: The models were scripted/)
    expect(text).toMatch(/added\.txt \| +1 \+/)
    expect(text).toContain('git push origin main v1')
    expect(text).toContain(`git -C ${lab.directory} reset --keep ${lab.main} && git tag -d v1`)
    expect(exit).toBe(0)
    expect([main(), status()]).toEqual([tip, ''])
    expect(readFileSync(join(lab.directory, 'a.txt'), 'utf8')).toBe('new\n')
    expect(shellGit(lab.directory, ['rev-parse', 'v1^{commit}'])).toBe(tip)
    const tag = shellGit(lab.directory, ['cat-file', 'tag', 'v1'])
    expect(tag).toContain('tagger Operator <operator@example.com>')
    expect(tag).toContain(`Promoted from ${lab.main}`)
    const lines = readFileSync(recordPath(), 'utf8').trimEnd().split('\n')
    expect(lines.map(line => JSON.parse(line))).toMatchObject([
      { tag: 'v1', from: lab.main, to: tip, who: { name: 'Operator', email: 'operator@example.com' } },
    ])
  })

  test('can undo it with the line it prints', async () => {
    const { text } = await promote()
    const undo = /To undo it here: (.*)/.exec(text)![1]!
    execFileSync('sh', ['-c', undo], { cwd: lab.directory, env: lab.env, stdio: 'ignore' })
    expect([main(), status(), tags()]).toEqual([lab.main, '', ''])
  })

  test.each(['other', 'agent'])('moves main, standing on %s, and touches no file', async branch => {
    shellGit(lab.directory, branch === 'agent' ? ['checkout', '-q', 'agent'] : ['checkout', '-q', '-b', 'other'])
    const ignoreRefs = ['refs/heads/main', 'refs/tags/']
    status()
    const digest = checkoutDigest(lab.directory, { ignoreRefs })
    const { exit, text } = await promote()
    expect([exit, main(), status()]).toEqual([0, tip, ''])
    expect(checkoutDigest(lab.directory, { ignoreRefs })).toBe(digest)
    expect(text).toContain(`git branch -f main ${lab.main} && git tag -d v1`)
  })

  test('keeps an untracked file that is not in the way', async () => {
    writeFileSync(join(lab.directory, 'mine.txt'), 'mine')
    expect((await promote()).exit).toBe(0)
    expect([main(), status(), readFileSync(join(lab.directory, 'mine.txt'), 'utf8')]).toEqual([
      tip,
      '?? mine.txt',
      'mine',
    ])
  })

  test('sees a verdict of the same vendor named as one', async () => {
    const second = await lab.integrate({ 'b.txt': 'newer\n' }, { sameVendor: true })
    lab.check(second, 'passed')
    const { text } = await promote('no')
    expect(text).toContain('pass by claude (same vendor)')
    expect(text).toContain('agent adds 2 tasks to main')
  })

  test('says one more word where the repository has no checks', async () => {
    lab.store.close()
    removeScratch(scratch)
    scratch = makeScratch('promote-cli')
    lab = await makePromotable(scratch, 'lane: personal\n')
    tip = await lab.integrate({ 'added.txt': 'x\n' })
    const only = await promote('v1')
    expect(only.text).toContain('No checks: the repository has none configured')
    expect([only.exit, main()]).toEqual([1, lab.main])
    expect([(await promote('v1 unchecked')).exit, main()]).toEqual([0, tip])
  })
})

const sync = async (tree?: string): Promise<string> => {
  const agentTip = shellGit(lab.directory, ['rev-parse', 'agent'])
  const merged = await mergeTree(lab.repository, agentTip, main())
  if (merged.status !== 'clean') throw new Error('the sides conflict')
  const when = Date.now()
  const commit = await syncCommit(lab.repository, {
    agentTip,
    main: main(),
    tree: tree ?? merged.tree,
    mainBranch: 'main',
    when,
  })
  shellGit(lab.directory, ['update-ref', 'refs/heads/agent', commit])
  lab.check(commit, 'passed')
  return commit
}

test('a merge that brought main in is no obstacle, unless it holds something else', async () => {
  const human = commitFiles(lab.directory, { 'human.txt': 'h\n' })
  const honest = await sync()
  expect((await promote('no')).text).toContain('and 1 merge that brought main in')
  shellGit(lab.directory, ['update-ref', 'refs/heads/agent', tip])
  const forged = await sync(shellGit(lab.directory, ['rev-parse', `${tip}^{tree}`]))
  await expectRefusal(() => promote(), 1, `${forged.slice(0, 10)} Bring main into agent (it looks like a merge of main`)
  shellGit(lab.directory, ['update-ref', 'refs/heads/agent', honest])
  expect([(await promote()).exit, main()]).toEqual([0, honest])
  expect(shellGit(lab.directory, ['merge-base', honest, human])).toBe(human)
})

describe('promote refuses, and changes nothing,', () => {
  test('when another word is typed', () => expectRefusal(() => promote('yes'), 1, 'Nothing has changed'))

  test('without a terminal', () =>
    expectRefusal(
      async () => {
        const { status: exit, stderr } = spawnSync('setsid', ['--fork', '--wait', process.execPath, entry, 'v1'], {
          cwd: lab.directory,
          env: lab.env,
          input: 'v1\n',
          encoding: 'utf8',
        })
        return { exit: exit ?? -1, text: stderr }
      },
      2,
      /must be a terminal|below an agent/,
    ))

  test.each(['CLAUDECODE', 'CLAUDE_CODE_ENTRYPOINT', 'CODEX_SANDBOX', 'GEMINI_CLI', 'AGENTLAB_RUN'])(
    'in an environment with %s',
    name => expectRefusal(() => promote('v1', { env: { [name]: '1' } }), 2, `an agent set ${name}`),
  )

  test('below an agent, also when its environment was cleaned', () =>
    expectRefusal(
      () =>
        runAtTerminal({
          scratch,
          cwd: lab.directory,
          command: `env AGENTLAB_RUN=x sh -c "env -u AGENTLAB_RUN '${process.execPath}' '${entry}' v1; exit \\$?"`,
          env: lab.env,
          prompt: 'anything else to leave it: ',
          answer: 'v1',
        }),
      2,
      'below an agent (the variable AGENTLAB_RUN)',
    ))

  test('below a program with the name of an agent', async () => {
    const claude = join(scratch, 'claude')
    writeFileSync(claude, `#!/bin/sh\n'${process.execPath}' '${entry}' v1\nexit $?\n`, { mode: 0o755 })
    await expectRefusal(
      () => runAtTerminal({ scratch, cwd: lab.directory, command: `${claude}; exit $?`, env: lab.env }),
      2,
      'below an agent (the program claude)',
    )
  })

  test('for a tag that exists', async () => {
    shellGit(lab.directory, ['tag', 'v1'])
    await expectRefusal(() => promote(), 2, 'promote failed on tag v1: it exists')
  })

  test('for what is no tag', () => expectRefusal(() => promote('v1', { tag: "'a b'" }), 2, 'no plain tag name'))

  test('for a commit on agent that is not an integration, which is named', async () => {
    shellGit(lab.directory, ['checkout', '-q', 'agent'])
    const foreign = commitFiles(lab.directory, { 'a.txt': 'sneaky\n' }, 'Sneaky')
    lab.check(foreign, 'passed')
    shellGit(lab.directory, ['checkout', '-q', 'main'])
    await expectRefusal(() => promote(), 1, `${foreign.slice(0, 10)} Sneaky (no integration by AgentLab)`)
  })

  test('for a commit that only looks like an integration', async () => {
    const forged = await lab.integrate({ 'b.txt': 'forged\n' }, { recorded: false })
    lab.check(forged, 'passed')
    await expectRefusal(() => promote(), 1, `${forged.slice(0, 10)} Task number 2 (it looks like one`)
  })

  test('for a tree whose checks have not run, or are red', async () => {
    const second = await lab.integrate({ 'b.txt': 'more\n' })
    await expectRefusal(() => promote(), 1, 'test: has not run on it')
    lab.check(second, 'failed')
    await expectRefusal(() => promote(), 1, 'test: failed (exit code 1)')
  })

  test('for a check that a change on agent has dropped from the configuration', async () => {
    const second = await lab.integrate({ 'agentlab.yaml': 'lane: personal\n' })
    shellGit(lab.directory, ['checkout', '-q', 'agent'])
    await expectRefusal(() => promote(), 1, 'test: has not run on it')
    lab.check(second, 'passed')
    expect((await promote()).exit).toBe(0)
  })

  test('when main has gone elsewhere', async () => {
    commitFiles(lab.directory, { 'human.txt': 'h\n' })
    await expectRefusal(() => promote(), 1, 'promote only goes forward')
  })

  test('when there is nothing to add', async () => {
    shellGit(lab.directory, ['update-ref', 'refs/heads/agent', lab.main])
    await expectRefusal(() => promote(), 1, 'it adds nothing to main')
  })

  test('when an untracked file would be lost, which is named', async () => {
    writeFileSync(join(lab.directory, 'added.txt'), 'mine')
    await expectRefusal(() => promote(), 1, 'would be lost: added.txt')
    expect(tags()).toBe('')
  })

  test('where no run has been', async () => {
    const empty = { ...lab.env, XDG_STATE_HOME: join(scratch, 'other-state') }
    await expectRefusal(() => promote('v1', { env: empty }), 2, 'does not exist')
  })
})
