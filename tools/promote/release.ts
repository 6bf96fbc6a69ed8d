/** What a promotion would bring to main, and what stands against it. Reads refs, objects and the store; changes nothing. */

import { join } from 'node:path'
import { branchNames } from '../../src/config/branches.ts'
import { dataDirOf } from '../../src/config/data-dir.ts'
import { loadConfig, parseConfig, repositoryFileName } from '../../src/config/load.ts'
import { AgentLabError, exitCode } from '../../src/domain/errors.ts'
import { BranchName, type Oid, runIdOf } from '../../src/domain/ids.ts'
import { short } from '../../src/domain/measures.ts'
import { notProven } from '../../src/domain/not-proven.ts'
import type { TaskView } from '../../src/domain/run-view.ts'
import { cleanLine } from '../../src/domain/text.ts'
import { nearness } from '../../src/domain/verdict-words.ts'
import { diffText } from '../../src/git/diff.ts'
import { git } from '../../src/git/exec.ts'
import { type AgentCommit, integrationsBetween } from '../../src/git/integrate.ts'
import { mergeTree } from '../../src/git/merge.ts'
import { tagExists } from '../../src/git/promote.ts'
import { branchRef, isAncestor, readRef, treeOf } from '../../src/git/refs.ts'
import { openRepository, type Repository } from '../../src/git/repository.ts'
import { openDatabase } from '../../src/store/database.ts'
import { readRunView } from '../../src/store/run-view.ts'
import { createStore, type Store } from '../../src/store/store.ts'

export interface Release {
  repository: Repository
  dataDir: string
  mainBranch: string
  agentBranch: string
  from: Oid
  to: Oid
  commits: AgentCommit[]
  tasks: ReleasedTask[]
  notProven: string[]
  diffstat: string
  /** Names of the checks that passed on the tip's tree; empty where the repository has none. */
  checks: string[]
}

export interface ReleasedTask {
  taskId: string
  title: string
  worker: string
  /** `pass by codex`, `pass by claude (same vendor)`, `no verdict on record`. */
  verdict: string
}

/**
 * Reads the release and throws at the first thing that stands against it; what is wrong is named item by item.
 * @throws AgentLabError `bad-tag`, `tag-exists`, `nothing-to-promote`, `not-fast-forward`, `foreign-commit`, `checks-missing`…
 */
export const readRelease = async (cwd: string, tag: string, env: NodeJS.ProcessEnv): Promise<Release> => {
  if (!BranchName.safeParse(tag).success)
    throw refusal(
      `tag ${JSON.stringify(tag)}`,
      'it is no plain tag name',
      'bad-tag',
      'Use letters, digits and . _ - as in v1.2.0.',
      exitCode.wrongUse,
    )
  const found = await openRepository(cwd)
  const { effective } = await loadConfig({ repoRoot: found.root, env })
  const repository = effective.main === null ? found : await openRepository(cwd, { mainBranch: effective.main })
  const { mainBranch } = repository
  const agentBranch = branchNames(effective.branches).agent
  if (mainBranch === null)
    throw refusal(
      repository.root,
      "its main branch can't be told",
      'no-main-branch',
      'Name it in agentlab.yaml: main: <branch>',
    )
  if (await tagExists(repository, tag))
    throw refusal(`tag ${tag}`, 'it exists', 'tag-exists', 'Choose another tag.', exitCode.wrongUse)
  const [from, to] = [
    await readRef(repository, branchRef(mainBranch)),
    await readRef(repository, branchRef(agentBranch)),
  ]
  if (from === null || to === null)
    throw refusal(
      repository.root,
      `there is no branch ${from === null ? mainBranch : agentBranch}`,
      'no-branch',
      'Start a run first: agentlab task "<goal>"',
    )
  if (from === to)
    throw refusal(
      `branch ${agentBranch}`,
      `it adds nothing to ${mainBranch}`,
      'nothing-to-promote',
      'Start a run first: agentlab task "<goal>"',
    )
  if (!(await isAncestor(repository, from, to)))
    throw refusal(
      `branch ${mainBranch}`,
      `it has commits that ${agentBranch} lacks, and promote only goes forward`,
      'not-fast-forward',
      `The next run brings ${mainBranch} into ${agentBranch} first, with checks: agentlab task "<goal>"`,
    )

  const dataDir = dataDirOf({ commonGitDir: repository.commonDir, env })
  const store = createStore(openDatabase(join(dataDir, 'store.db'), { create: false, readonly: true }))
  try {
    const commits = await integrationsBetween(repository, from, to)
    await refuseForeign(repository, store, commits, { from, mainBranch, agentBranch })
    const wanted = await checksOf(repository, from, env)
    await refuseUnchecked(repository, store, to, wanted)
    const views = new Map(
      commits
        .flatMap(commit => (commit.kind === 'integration' ? [runIdOf(commit.taskId)] : []))
        .map(runId => [runId, readRunView(store, runId)]),
    )
    return {
      repository,
      dataDir,
      mainBranch,
      agentBranch,
      from,
      to,
      commits,
      tasks: commits.flatMap(commit =>
        commit.kind === 'integration' ? [taskOf(commit, views.get(runIdOf(commit.taskId))?.tasks ?? [])] : [],
      ),
      notProven: [
        ...(wanted.length === 0
          ? ['No checks: the repository has none configured, so nothing was run on this tree.']
          : []),
        ...[...views].flatMap(([runId, view]) =>
          view === null ? [] : notProven(view).map(item => `Run ${runId}: ${item}`),
        ),
      ],
      diffstat: await diffText(repository, from, to, { stat: true }),
      checks: wanted,
    }
  } finally {
    store.close()
  }
}

const refusal = (what: string, why: string, code: string, cure: string, exit: 1 | 2 = exitCode.failed): AgentLabError =>
  new AgentLabError(`promote failed on ${what}: ${why}`, { code, cure, exit })

const reasons: Record<AgentCommit['kind'], string> = {
  foreign: 'no integration by AgentLab',
  integration: 'it looks like one by AgentLab, but the log does not know it',
  sync: 'it looks like a merge of main by AgentLab, but holds something else',
}

/** An integration counts when the log knows it: anybody can write a commit that looks like one, or a file of a run to import. */
const refuseForeign = async (
  repository: Repository,
  store: Store,
  commits: AgentCommit[],
  names: { from: Oid; mainBranch: string; agentBranch: string },
): Promise<void> => {
  const wrong: string[] = []
  for (const commit of commits) {
    if (commit.kind === 'sync' && (await isPlainSync(repository, commit, names.from))) continue
    if (commit.kind === 'integration' && isRecorded(store, commit)) continue
    wrong.push(`${short(commit.commit)} ${cleanLine(commit.title, 80)} (${reasons[commit.kind]})`)
  }
  if (wrong.length === 0) return
  throw refusal(
    `branch ${names.agentBranch}`,
    `commits on it are not AgentLab's integrations:\n  ${wrong.join('\n  ')}`,
    'foreign-commit',
    `Bring work of your own to ${names.mainBranch} yourself, and put ${names.agentBranch} back to where AgentLab left it.`,
  )
}

/** Brings in what main holds already, and nothing besides: its tree is what git itself makes of the two sides. */
const isPlainSync = async (
  repository: Repository,
  commit: Extract<AgentCommit, { kind: 'sync' }>,
  main: Oid,
): Promise<boolean> => {
  if (!(await isAncestor(repository, commit.main, main))) return false
  const merge = await mergeTree(repository, commit.parents[0]!, commit.main)
  return merge.status === 'clean' && merge.tree === commit.tree
}

const isRecorded = (store: Store, commit: Extract<AgentCommit, { kind: 'integration' }>): boolean =>
  store.imports.of(runIdOf(commit.taskId)) === null &&
  store.events
    .ofRun(runIdOf(commit.taskId))
    .some(
      ({ event }) =>
        (event.type === 'task.integrated' || event.type === 'task.reintegrated') &&
        event.commit === commit.commit &&
        event.tip === commit.taskTip,
    )

/** The checks as main defines them, and as the checkout does: a change on `agent` can't drop one. */
const checksOf = async (repository: Repository, main: Oid, env: NodeJS.ProcessEnv): Promise<string[]> => {
  const { effective, sources } = await loadConfig({ repoRoot: repository.root, env })
  const onMain = await git(repository, ['cat-file', 'blob', `${main}:${repositoryFileName}`])
  const text = onMain.exitCode === 0 ? onMain.stdout.toString('utf8') : ''
  const defined = parseConfig({ ...sources, repository: { ...sources.repository, text } }).effective
  return [...new Set([...defined.checks, ...effective.checks].map(check => check.name))]
}

const refuseUnchecked = async (repository: Repository, store: Store, tip: Oid, wanted: string[]): Promise<void> => {
  const tree = await treeOf(repository, tip)
  const rows = store.checks.ofTree(tree)
  const wrong = wanted.flatMap(name => {
    const last = rows.findLast(row => row.name === name)
    if (last === undefined) return [`${name}: has not run on it`]
    return last.status === 'passed' ? [] : [`${name}: ${last.status} (exit code ${last.exitCode ?? 'none'})`]
  })
  if (wrong.length === 0) return
  throw refusal(
    `tree ${short(tree)} of ${short(tip)}`,
    `its checks have not all passed:\n  ${wrong.join('\n  ')}`,
    'checks-missing',
    'Let a run mend it: agentlab task "Make the checks pass"',
  )
}

const taskOf = (commit: Extract<AgentCommit, { kind: 'integration' }>, tasks: TaskView[]): ReleasedTask => {
  const task = tasks.find(one => one.taskId === commit.taskId)
  const isRebuilt = task !== undefined && task.integrated?.rebuiltTip === commit.taskTip
  const judged = isRebuilt ? task.tip : commit.taskTip
  const pass = task?.verdicts.findLast(one => one.value === 'pass' && one.tip === judged)
  return {
    taskId: commit.taskId,
    title: cleanLine(task?.title ?? commit.title, 100),
    worker: task?.worker ?? 'unknown',
    verdict:
      pass === undefined
        ? 'no verdict on record'
        : `pass by ${pass.verifier ?? 'nobody'}${nearness(pass) === null ? '' : ` (${nearness(pass)})`}${isRebuilt ? ', before the branch was rebuilt' : ''}`,
  }
}
