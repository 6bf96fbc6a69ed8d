/**
 * Poisoned workspaces through the real box, the real export and the real harvest: nothing of them runs outside of a box,
 * not at the harvest and not at the operator's own git afterwards, and of the repository only the task's branch changes.
 */
import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, readdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { startInBox } from '../../src/app/box-command.ts'
import { makeSeat, type Seat, seatAt } from '../../src/app/seats.ts'
import { makePlace, type Place } from '../../src/app/walls/place.ts'
import { digestOf } from '../../src/app/walls/witness.ts'
import { exportCommand } from '../../src/git/export-work.ts'
import { type Harvest, harvestWork } from '../../src/git/harvest.ts'
import { createWorkspace } from '../../src/git/workspace.ts'
import { shellGit } from '../support/git-repository.ts'
import { type Poison, poisons } from './poisons.ts'

const identity = { name: 'Claude', email: 'claude@agentlab.localhost' }
const scope = { runId: 'k3m9q2x7', request: { containment: 'boxed' as const } }

let place: Place
let base: string
let fired: string

beforeAll(async () => {
  place = await makePlace(process.env, '/var/tmp')
  base = shellGit(place.project.repository.root, ['rev-parse', 'main'])
  fired = join(place.names.SHARED_FOLDER!, 'fired')
  mkdirSync(join(place.dir, 'quarantine'))
})
afterAll(() => place?.remove())

const prepare = async (name: string): Promise<Seat> => {
  const { project } = place
  const seat = seatAt(project.paths.seats, name)
  await makeSeat(seat)
  await createWorkspace({ repository: project.repository, dirs: seat.dirs, commit: base, branch: 'work', identity })
  return seat
}

interface Boxed {
  file: string
  args: string[]
  env: Record<string, string>
  out: string
}

const boxed = async (seat: Seat, { file, args, env, out }: Boxed): Promise<number | null> => {
  const process = await startInBox({ project: place.project, now: Date.now, log: () => {} }, scope, {
    seat,
    taskId: null,
    what: 'a poison',
    file,
    args,
    env,
    cwd: seat.workspace,
    stdinPath: null,
    stdoutPath: out,
    stderrPath: join(seat.io, 'stderr'),
    readable: [],
  })
  const end = await process.ended
  expect(end.failedToStart).toBe(null)
  return end.exitCode
}

const poisoned = (poison: Poison) => ({
  file: '/bin/bash',
  args: ['-c', poison.script],
  env: { PATH: '/usr/local/bin:/usr/bin:/bin', HOME: '/nonexistent', FIRE: `touch ${fired}`, ...place.names },
})

const harvest = async (seat: Seat): Promise<Harvest> => {
  const exportPath = join(seat.io, 'export')
  await boxed(seat, { ...exportCommand({ dirs: seat.dirs, base, branch: 'work', identity }), out: exportPath })
  return harvestWork({
    repository: place.project.repository,
    exportPath,
    scratchDir: join(place.dir, 'quarantine'),
    base,
    branch: 'task/k3m9q2x7-1/claude',
    title: 'Work',
    trailers: { Run: 'k3m9q2x7', Task: 'k3m9q2x7-1', Worker: 'claude', Model: 'x', Lane: 'private' },
    author: identity,
    when: 0,
  })
}

/** What an operator types after a task, in his own repository and in a checkout of the task's branch. */
const operatorLooks = (): void => {
  const { root } = place.project.repository
  const git = (cwd: string, ...args: string[]): void =>
    void spawnSync('git', args, { cwd, env: { PATH: process.env.PATH, HOME: place.names.OPERATOR_HOME } })
  for (const words of ['status', 'log -p --all', 'diff main task/k3m9q2x7-1/claude', 'fsck', 'gc --auto'])
    git(root, ...words.split(' '))
  const checkout = join(place.dir, 'review')
  git(root, 'worktree', 'add', checkout, 'task/k3m9q2x7-1/claude')
  if (existsSync(checkout))
    for (const words of ['status', 'diff HEAD~1', 'submodule status']) git(checkout, ...words.split(' '))
  git(root, 'worktree', 'remove', '--force', checkout)
  git(root, 'branch', '-D', 'task/k3m9q2x7-1/claude')
}

const refsAndSettings = (): string => {
  const { root } = place.project.repository
  const refs = shellGit(root, ['for-each-ref', '--format=%(refname) %(objectname)'])
  return [
    refs
      .split('\n')
      .filter(line => !line.includes('refs/heads/task/'))
      .join('\n'),
    digestOf(['config', 'HEAD', 'hooks', 'info', 'commondir', 'modules'].map(name => join(root, '.git', name))),
    digestOf([join(root, 'README.md'), place.names.OPERATOR_HOME!]),
  ].join('\n')
}

describe('nothing comes of', () => {
  test.each(poisons.map((poison, index) => [poison.name, poison, index] as const))('%s', async (_, poison, index) => {
    const seat = await prepare(`poison${index}`)
    const before = refsAndSettings()
    expect(await boxed(seat, { ...poisoned(poison), out: join(seat.io, 'poison') })).toBe(0)
    const harvested = await harvest(seat)
    expect(['harvested', 'refused', 'empty']).toContain(harvested.status)
    expect(refsAndSettings()).toBe(before)
    operatorLooks()
    expect(existsSync(fired)).toBe(false)
    expect(refsAndSettings()).toBe(before)
    expect(readdirSync(join(place.dir, 'quarantine'))).toEqual([])
    expect(shellGit(place.project.repository.root, ['fsck', '--strict', '--no-dangling'])).toBe('')
  })
})

test('without the harvest, git in such a workspace runs what was left in it', async () => {
  const biting = poisons.filter(({ bites }) => bites)
  for (const [index, poison] of biting.entries()) {
    const seat = await prepare(`bites${index}`)
    expect(await boxed(seat, { ...poisoned(poison), out: join(seat.io, 'poison') })).toBe(0)
    for (const words of ['status', 'add -A', 'diff HEAD', 'commit -qm x'])
      spawnSync('git', words.split(' '), { cwd: seat.workspace, env: { PATH: process.env.PATH, HOME: '/nonexistent' } })
    expect(existsSync(fired), poison.name).toBe(true)
    rmSync(fired)
  }
  expect(biting.length).toBeGreaterThan(7)
  process.stdout.write(`poisons without effect: ${poisons.length}/${poisons.length}\n`)
})
