/** Whole small runs on repositories that are odd in one way: one worker that runs a script, one verifier that passes it. */
import { join } from 'node:path'
import { expect } from 'vitest'
import { followRun, openProject, type RunWish, requestRun, withForegroundSupervisor } from '../../src/app.ts'
import { renderReceipt } from '../../src/domain/receipt.ts'
import type { RunView } from '../../src/domain/run-view.ts'
import { checkoutDigest } from './checkout-digest.ts'
import { fakeEnvironment, fakeWish } from './fake-crew.ts'
import { makeScratch, removeScratch, shellGit } from './git-repository.ts'
import { processesBelow } from './seat-processes.ts'

/** What the worker runs when the row does not care: one file, committed. */
export const makesOneFile = 'echo made >made.txt\ngit add made.txt\ngit commit -q -m Made'

/** The configuration of every such repository: one check, red before the work, and one attempt. */
export const oddConfig = {
  'agentlab.yaml': 'checks: [{ name: made, command: [test, -f, made.txt] }]\nlimits: { maxAttempts: 1 }\n',
}

export interface OddRepository {
  /** Where AgentLab is called. */
  root: string
  /** The checkout that holds the repository; `root` unless it is a linked worktree. */
  home?: string
  /** A folder before all others of the operator's PATH. */
  bin?: string
}

export interface OddRun {
  view: RunView
  receipt: string
  root: string
  git(...args: string[]): string
}

/** A plan of one task whose worker runs `script`. */
export const planOf = (script: string): string =>
  JSON.stringify({
    tasks: [{ key: 'one', title: 'Make', what: `Run this:\n${script}\nThat is all.`, worker: 'claude' }],
  })

/** Asks for a run in a foreground supervisor and follows it to its rest. */
export const runIn = async (
  root: string,
  env: Record<string, string>,
  planText: string,
  over: Partial<RunWish> = {},
): Promise<RunView> => {
  const project = await openProject({ cwd: root, env })
  const { signal } = new AbortController()
  try {
    return await withForegroundSupervisor(project, { signal }, async () => {
      const { runId, answer } = await requestRun(project, fakeWish(planText, over), { startSupervisor: false })
      expect(answer, answer.text).toMatchObject({ accepted: true })
      return followRun(project, runId, () => {}, signal, { startSupervisor: false })
    })
  } finally {
    project.close()
  }
}

const ours = { ignoreRefs: ['refs/heads/agent', 'refs/heads/task/', 'refs/heads/claude', 'refs/agentlab/'] }

/**
 * Makes the repository, carries out a run of one task in it, hands the end to `look`, and sees to it that the operator's
 * checkout is as it was and that nothing is left alive.
 */
export const inOddRepository = async (
  make: (scratch: string) => OddRepository,
  script: string,
  look: (run: OddRun) => void | Promise<void>,
): Promise<void> => {
  const scratch = makeScratch('odd')
  try {
    const { root, home = root, bin } = make(scratch)
    const env = fakeEnvironment(scratch, 'instant-claude')
    if (bin !== undefined) env.PATH = `${bin}:${env.PATH}`
    const before = checkoutDigest(home, ours)
    const status = shellGit(root, ['status', '--porcelain'])
    const view = await runIn(root, env, planOf(script))
    await look({ view, receipt: renderReceipt(view), root, git: (...args) => shellGit(root, args) })
    expect(shellGit(root, ['status', '--porcelain'])).toBe(status)
    expect(checkoutDigest(home, ours)).toBe(before)
    expect(processesBelow(env.XDG_STATE_HOME!)).toEqual([])
  } finally {
    removeScratch(scratch)
  }
}

/** Every entry of a commit, so that one not touched can be held against what it was. */
export const entriesOf = (root: string, commit: string): Map<string, string> => {
  const records = shellGit(root, ['ls-tree', '-r', '-z', commit]).split('\0').filter(Boolean)
  return new Map(records.map(record => [record.slice(record.indexOf('\t') + 1), record.slice(0, record.indexOf('\t'))]))
}

/** A clone the operator could have made, with a name to commit under. */
export const cloneOf = (scratch: string, source: string, name: string, args: string[]): string => {
  const root = join(scratch, name)
  shellGit(scratch, ['-c', 'protocol.file.allow=always', 'clone', '-q', ...args, source, root])
  shellGit(root, ['config', 'user.name', 'Operator'])
  shellGit(root, ['config', 'user.email', 'operator@example.com'])
  return root
}
