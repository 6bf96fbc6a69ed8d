/** The integration branch without some tasks, on paper: what stays, what is made anew, what stands in the way. */
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { commitTree, composeMessage } from '../../src/git/commit.ts'
import { readCommit } from '../../src/git/commit-read.ts'
import { integrationCommit, integrationsBetween, syncCommit } from '../../src/git/integrate.ts'
import { mergeTree } from '../../src/git/merge.ts'
import { rebuildWithout } from '../../src/git/rebuild.ts'
import { openRepository, type Repository } from '../../src/git/repository.ts'
import {
  commitFiles,
  type Files,
  makeRepository,
  makeScratch,
  removeScratch,
  shellGit,
} from '../support/git-repository.ts'

vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 })

const when = 1_700_000_000_000
const lines = (...changed: [number, string][]): string =>
  Array.from({ length: 40 }, (_, at) => `${changed.find(([line]) => line === at)?.[1] ?? `line ${at}`}\n`).join('')

let scratch: string
let directory: string
let repository: Repository
let main: string

beforeAll(async () => {
  scratch = makeScratch('rebuild')
  directory = makeRepository(scratch, { 'both.txt': lines(), 'README.md': 'Hello\n' })
  repository = await openRepository(directory)
  main = shellGit(directory, ['rev-parse', 'main'])
})
afterAll(() => removeScratch(scratch))

const byHand = (on: string, files: Files, message = 'By hand'): string => {
  shellGit(directory, ['checkout', '-q', '--detach', on])
  const commit = commitFiles(directory, files, message)
  shellGit(directory, ['checkout', '-q', 'main'])
  return commit
}

const id = (number: number): string => `k3m9q2x7-${number}`

/** A task's tip as harvest leaves it: one commit on its base, by the operator, with our trailers. */
const tipOf = async (number: number, base: string, files: Files): Promise<string> =>
  commitTree(repository, {
    tree: shellGit(directory, ['rev-parse', `${byHand(base, files)}^{tree}`]),
    parents: [base],
    message: composeMessage(`Task ${number}`, '', { Run: 'k3m9q2x7', Task: id(number), Worker: 'codex' }),
    author: { name: 'Operator', email: 'operator@example.com' },
    when,
  })

const integrate = async (number: number, agentTip: string, taskTip: string): Promise<string> => {
  const merge = await mergeTree(repository, agentTip, taskTip)
  if (merge.status !== 'clean') throw new Error('conflict')
  const trailers = { Run: 'k3m9q2x7', Verifier: 'claude', Verdict: 'pass' }
  const title = `Task ${number}`
  return integrationCommit(repository, {
    agentTip,
    taskTip,
    tree: merge.tree,
    taskId: id(number),
    title,
    trailers,
    when,
  })
}

const add = async (number: number, agent: string, files: Files, base = agent) => {
  const tip = await tipOf(number, base, files)
  return { tip, commit: await integrate(number, agent, tip) }
}

const rebuild = (
  agent: string,
  without: number[],
  check: Parameters<typeof rebuildWithout>[0]['check'] = async () => null,
) =>
  rebuildWithout({ repository, mainBranch: 'main', main, agent, without: without.map(id), when: when + 5_000, check })

const rebuilt = async (...args: Parameters<typeof rebuild>) => {
  const result = await rebuild(...args)
  if (result.status !== 'rebuilt') throw new Error(JSON.stringify(result))
  return result
}

const filesOf = (commit: string): string[] => shellGit(directory, ['ls-tree', '--name-only', commit]).split('\n')

test('taking the last one out gives the branch back as it was before', async () => {
  const one = await add(1, main, { 'one.txt': '1\n' })
  const two = await add(2, one.commit, { 'two.txt': '2\n' })
  expect(await rebuild(two.commit, [2])).toEqual({ status: 'rebuilt', to: one.commit, reintegrated: [] })
  expect(await rebuild(two.commit, [1, 2])).toEqual({ status: 'rebuilt', to: main, reintegrated: [] })
})

test('a tip whose base stays is integrated as it is, and its verdict with it', async () => {
  const one = await add(1, main, { 'one.txt': '1\n' })
  const two = await add(2, one.commit, { 'two.txt': '2\n' }, main)
  const { to, reintegrated } = await rebuilt(two.commit, [1])
  expect(filesOf(to)).toEqual(['README.md', 'both.txt', 'two.txt'])
  expect(reintegrated).toMatchObject([{ taskId: id(2), commit: to, agent: main, tip: two.tip }])
  expect((await readCommit(repository, to)).trailers).toMatchObject({ Integration: id(2), Verdict: 'pass' })
})

test('a tip that was based on what goes is carried over, and does not bring it back', async () => {
  const one = await add(1, main, { 'one.txt': '1\n', 'both.txt': lines([2, 'one']) })
  const two = await add(2, one.commit, { 'two.txt': '2\n', 'both.txt': lines([2, 'one'], [30, 'two']) })
  const three = await add(3, two.commit, { 'three.txt': '3\n' })
  const { to, reintegrated } = await rebuilt(three.commit, [1])
  expect(filesOf(to)).toEqual(['README.md', 'both.txt', 'three.txt', 'two.txt'])
  expect(shellGit(directory, ['show', `${to}:both.txt`])).toBe(lines([30, 'two']).trimEnd())
  const seen = shellGit(directory, ['rev-list', to]).split('\n')
  expect([one.tip, one.commit, two.tip].filter(commit => seen.includes(commit))).toEqual([])
  const [again] = reintegrated
  expect(again!.tip).not.toBe(two.tip)
  const tip = await readCommit(repository, again!.tip)
  expect(tip).toMatchObject({ parents: [main], author: { name: 'Operator' }, title: 'Task 2' })
  expect(tip.trailers).toMatchObject({ Task: id(2), Worker: 'codex', 'Rebuilt-From': two.tip })
  expect((await readCommit(repository, again!.commit)).trailers.Verdict).toBe('pass, before the branch was rebuilt')
  const kinds = (await integrationsBetween(repository, main, to)).map(entry => entry.kind)
  expect(kinds).toEqual(['integration', 'integration'])
})

test('the same request gives the same commits', async () => {
  const one = await add(1, main, { 'one.txt': '1\n' })
  const two = await add(2, one.commit, { 'two.txt': '2\n' })
  expect(await rebuild(two.commit, [1])).toEqual(await rebuild(two.commit, [1]))
})

test('merges of main and a commit made by hand stay, each as what it is', async () => {
  const one = await add(1, main, { 'one.txt': '1\n' })
  const later = byHand(main, { 'main.txt': 'm\n' })
  const merge = await mergeTree(repository, one.commit, later)
  const tree = merge.status === 'clean' ? merge.tree : ''
  const sync = await syncCommit(repository, { agentTip: one.commit, main: later, tree, mainBranch: 'main', when })
  const hand = byHand(sync, { 'hand.txt': 'h\n' }, 'My own\n\nWith a reason.')
  const { to } = await rebuilt(hand, [1])
  expect(filesOf(to)).toEqual(['README.md', 'both.txt', 'hand.txt', 'main.txt'])
  const entries = await integrationsBetween(repository, main, to)
  expect(entries.map(entry => entry.kind)).toEqual(['sync', 'foreign'])
  expect(entries[0]).toMatchObject({ parents: [main, later] })
  const own = await readCommit(repository, to)
  expect(own).toMatchObject({ author: { name: 'Operator' }, title: 'My own', body: 'With a reason.' })
  expect(own.trailers).toEqual({ 'Rebuilt-From': hand })
})

test('a merge made by hand can not be carried over: what it would bring along is not known', async () => {
  const one = await add(1, main, { 'one.txt': '1\n' })
  const side = byHand(main, { 'side.txt': 's\n' })
  const tree = shellGit(directory, ['merge-tree', '--write-tree', one.commit, side])
  const merge = shellGit(directory, ['commit-tree', tree, '-p', one.commit, '-p', side, '-m', 'Mine'])
  expect(await rebuild(merge, [1])).toMatchObject({
    status: 'refused',
    obstacle: { reason: 'foreignMerge', entry: { commit: merge } },
  })
})

test('what is built on the same lines stands in the way, by name', async () => {
  const one = await add(1, main, { 'both.txt': lines([2, 'one']) })
  const two = await add(2, one.commit, { 'both.txt': lines([2, 'one and two']) })
  expect(await rebuild(two.commit, [1])).toMatchObject({
    status: 'refused',
    obstacle: { reason: 'conflict', entry: { taskId: id(2) }, detail: 'both.txt' },
  })
})

test('each new tree is checked, and one whose checks fail is in the way', async () => {
  const one = await add(1, main, { 'one.txt': '1\n' })
  const two = await add(2, one.commit, { 'two.txt': '2\n' })
  const three = await add(3, two.commit, { 'three.txt': '3\n' })
  const trees: [string, string][] = []
  await rebuild(three.commit, [1], async (tree, before) => {
    trees.push([tree, before])
    return null
  })
  expect(trees.map(([tree]) => filesOf(tree))).toEqual([
    ['README.md', 'both.txt', 'two.txt'],
    ['README.md', 'both.txt', 'three.txt', 'two.txt'],
  ])
  expect(trees[1]![1]).toBe(trees[0]![0])
  const failed = await rebuild(three.commit, [1], async tree => (filesOf(tree).includes('three.txt') ? 'red' : null))
  expect(failed).toMatchObject({
    status: 'refused',
    obstacle: { reason: 'checksFailed', entry: { taskId: id(3) }, detail: 'red' },
  })
})

test('a task that main has already, or that is nowhere, is not there to be taken out', async () => {
  const one = await add(1, main, { 'one.txt': '1\n' })
  expect(await rebuild(one.commit, [2])).toMatchObject({ status: 'refused', obstacle: { reason: 'notThere' } })
  const promoted = await rebuildWithout({
    repository,
    mainBranch: 'main',
    main: one.commit,
    agent: one.commit,
    without: [id(1)],
    when,
    check: async () => null,
  })
  expect(promoted).toMatchObject({ status: 'refused', obstacle: { reason: 'notThere' } })
})
