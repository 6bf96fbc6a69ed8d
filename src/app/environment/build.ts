/** Builds an environment: the set-up command, boxed in a seat of its own, and what it added to the checkout kept. */
import { readdir, readFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import type { Oid } from '../../domain/ids.ts'
import { cleanText, clipMiddle } from '../../domain/text.ts'
import { listTree, type TreeEntry } from '../../git/blobs.ts'
import { createTreeWorkspace } from '../../git/workspace.ts'
import { outgrownSentence, watchedBounds } from '../box-bounds.ts'
import { runInBox } from '../box-command.ts'
import { commandIn } from '../configured-command.ts'
import type { Host, RunScope } from '../host.ts'
import { makeSeat, removeSeat, type Seat, seatAt } from '../seats.ts'
import { makeInputsWorkspace } from './inputs-workspace.ts'
import { withoutInstallScripts } from './install-scripts.ts'
import { reachOf, type SetupNetwork, withSetupNetwork } from './set-up-network.ts'
import { setupHints } from './set-up-words.ts'
import { keepPaths } from './stored.ts'

export interface SetupFailure {
  /** How it ended and the end of what it printed. */
  detail: string
  /** What it could not reach or see, and what to write where: whole sentences. */
  hints: string[]
}

/** `none`: no set-up is configured. `failed`: checks that need it are not run, never failed. */
export type Environment =
  | { status: 'none'; hash: string }
  | { status: 'built'; hash: string; dir: string; paths: string[] }
  | ({ status: 'failed'; hash: string } & SetupFailure)

export interface BuildOrder {
  tree: Oid
  hash: string
  dir: string
  command: readonly string[]
  inputs: readonly TreeEntry[]
  installScripts: boolean
}

/** Runs the set-up on a tree; a set-up that fails is a value with what it printed. */
export const build = async (
  host: Host,
  scope: RunScope,
  order: BuildOrder,
  signal: AbortSignal,
): Promise<Environment> => {
  const { tree, hash, dir } = order
  const { repository, paths } = host.project
  const seat = seatAt(paths.seats, `setup.${hash}`)
  await removeSeat(seat)
  await makeSeat(seat)
  try {
    if (seesInputsAlone(scope))
      await makeInputsWorkspace(repository, seat, tree, new Set(order.inputs.map(entry => entry.path)))
    else await createTreeWorkspace({ repository, dirs: seat.dirs, tree })
    const failure = await withSetupNetwork(host, scope, seat, network =>
      runSetup(host, scope, order, { seat, network }, signal),
    )
    if (failure !== null) return { status: 'failed', hash, ...failure }
    const tracked = new Set((await listTree(repository, tree)).flatMap(entry => withParents(entry.path)))
    const added = await untracked(seat.workspace, '', tracked)
    return { status: 'built', hash, dir, paths: await keepPaths(seat.workspace, dir, added, scope.runId) }
  } finally {
    await removeSeat(seat)
  }
}

/** With a network it sees nothing it could send away but what it is made of. */
const seesInputsAlone = (scope: RunScope): boolean => reachOf(scope)?.none === null

/** Null when it went well, else why not. */
const runSetup = async (
  host: Host,
  scope: RunScope,
  { command, installScripts, inputs }: BuildOrder,
  { seat, network }: { seat: Seat; network: SetupNetwork },
  signal: AbortSignal,
): Promise<SetupFailure | null> => {
  const ready = await commandIn(host, scope, seat, command)
  if (ready === null) return { detail: `there is no program ${command[0]} on PATH`, hints: [] }
  const { end, stdoutPath, stderrPath } = await runInBox(
    host,
    scope,
    {
      seat,
      taskId: null,
      what: 'setup',
      name: 'setup',
      ...ready,
      env: { ...ready.env, ...network.env, ...(installScripts ? {} : withoutInstallScripts) },
      cwd: seat.workspace,
      readable: [...ready.readable, ...network.readable],
      withoutObjects: seesInputsAlone(scope),
      network: network.network,
    },
    signal,
  )
  if (end.exitCode === 0) return null
  const output = `${await readFile(stdoutPath, 'utf8')}\n${await readFile(stderrPath, 'utf8')}`
  const how = end.exitCode === null ? `ended by ${end.signal}` : `exit code ${end.exitCode}`
  const outgrown = outgrownSentence(end.stopped, watchedBounds(host.project, scope))
  const hints = setupHints({
    lane: scope.lane,
    reach: reachOf(scope),
    refused: network.refused(),
    inputs: inputs.map(entry => entry.path),
  })
  return {
    detail: `${command.join(' ')}: ${how}\n${clipMiddle(cleanText(output).trim(), 4_000)}`,
    hints: outgrown === null ? hints : [outgrown],
  }
}

const withParents = (path: string): string[] => (path.includes('/') ? [path, ...withParents(dirname(path))] : [path])

/** The highest paths that the set-up added; the workspace's own `.git` aside. Links are entries, never followed. */
const untracked = async (root: string, below: string, tracked: ReadonlySet<string>): Promise<string[]> => {
  const found: string[] = []
  for (const entry of await readdir(join(root, below), { withFileTypes: true })) {
    const path = below === '' ? entry.name : `${below}/${entry.name}`
    if (path === '.git') continue
    if (!tracked.has(path)) found.push(path)
    else if (entry.isDirectory()) found.push(...(await untracked(root, path, tracked)))
  }
  return found
}
