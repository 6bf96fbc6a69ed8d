/** A throw-away place to try the walls in: a repository, a HOME, a data dir and a second seat, all marked, none of them real. */
import { mkdir, realpath, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { basename, dirname, join } from 'node:path'
import { loadConfig } from '../../config/load.ts'
import { gitText } from '../../git/exec.ts'
import { openRepository, type Repository } from '../../git/repository.ts'
import { makeOwnedTemp, orphanedTemps } from '../../process/owned-temp.ts'
import { openDatabase } from '../../store/database.ts'
import { createStore } from '../../store/store.ts'
import { type Project, projectPaths } from '../project.ts'
import { type Seat, seatAt } from '../seats.ts'

/** Stands in every file and variable that no box may show. */
const secret = 'SECRET'

export interface Place {
  dir: string
  /** The repository with a store of its own, and the environment of an operator who has logins. */
  project: Project
  /** A seat of somebody else's. */
  otherSeat: Seat
  /** What attacks are told: names in capitals, and values. */
  names: Record<string, string>
  /** What has to stay as it is: absolute paths. */
  watched: string[]
  remove(): Promise<void>
}

/**
 * Makes the place in a new folder (0700) below `parent`, the temporary folder unless told. `env` is the real operator's,
 * whose words on the lanes hold here too. What a kill left of an earlier one there goes first.
 */
export const makePlace = async (env: NodeJS.ProcessEnv, parent = tmpdir()): Promise<Place> => {
  const where = await realpath(parent)
  for (const left of await orphanedTemps(where)) await removePlace(left)
  const dir = await makeOwnedTemp('walls', where)
  try {
    return await furnish(dir, env)
  } catch (error) {
    await removePlace(dir)
    throw error
  }
}

/** What everybody on the machine shares as memory, under the name of the place. */
const sharedMemory = (dir: string): string => join('/dev/shm', basename(dir))

/** Also what it has in shared memory. */
export const removePlace = async (dir: string): Promise<void> => {
  // The folder last: by its name cleaning finds what a kill leaves of both.
  for (const path of [sharedMemory(dir), dir]) await rm(path, { recursive: true, force: true })
}

const furnish = async (dir: string, operator: NodeJS.ProcessEnv): Promise<Place> => {
  const [home, dataDir, shared] = ['home', 'data', 'shared'].map(name => join(dir, name)) as [string, string, string]
  const repository = await makeRepository(join(dir, 'repository'))
  const paths = projectPaths(dataDir)
  const otherSeat = seatAt(paths.seats, 'other.claude')
  const written = await Promise.all([
    write(join(home, '.ssh/id_ed25519'), secret),
    write(join(home, '.claude/.credentials.json'), secret),
    write(join(home, '.cargo/bin/tool'), '#!/bin/sh\n', 0o700),
    write(join(home, '.cargo/credentials.toml'), secret),
    write(join(home, '.gitconfig'), '[credential]\n\thelper = store\n'),
    write(join(home, '.git-credentials'), `https://operator:${secret}@git.invalid\n`),
    write(join(dataDir, 'note.txt'), secret),
    write(join(otherSeat.agent, 'session.jsonl'), secret),
    write(join(otherSeat.io, 'prompt.md'), secret),
    write(join(shared, 'secret'), secret),
  ])
  await write(sharedMemory(dir), secret).catch(() => undefined)
  const env = { PATH: operator.PATH, HOME: home, ANTHROPIC_API_KEY: secret, GEMINI_API_KEY: secret }
  const config = await loadConfig({ repoRoot: repository.root, env: operator })
  // Not by `openProject`, which would refuse a temporary folder: two of the agent CLIs break there, but none runs here.
  const store = createStore(openDatabase(paths.store, { create: true }))
  const project = { repository, config, dataDir, paths, store, env, close: () => store.close() }
  return {
    dir,
    project,
    otherSeat,
    names: {
      OPERATOR_HOME: home,
      REPOSITORY: repository.root,
      DATA_DIR: dataDir,
      OTHER_SEAT: otherSeat.root,
      SHARED_FOLDER: shared,
      FILE_IN_TMP: join(shared, 'secret'),
      SHM_FILE: basename(dir),
      CANARY: written[0]!,
    },
    watched: [repository.root, home, shared, otherSeat.root, otherSeat.io, join(dataDir, 'note.txt')],
    remove: async () => {
      project.close()
      await removePlace(dir)
    },
  }
}

const write = async (path: string, text: string, mode = 0o600): Promise<string> => {
  await mkdir(dirname(path), { recursive: true, mode: 0o700 })
  await writeFile(path, text, { mode })
  return path
}

const makeRepository = async (root: string): Promise<Repository> => {
  await write(join(root, 'README.md'), 'Hello\n')
  const place = { root, gitDir: join(root, '.git') }
  const identity = { 'user.name': 'Operator', 'user.email': 'operator@localhost' }
  await gitText(place, ['init', '-q', '-b', 'main'])
  await gitText(place, ['add', '-A'])
  await gitText(place, ['commit', '-q', '-m', 'A commit of the operator'], { config: identity })
  await gitText(place, ['branch', 'other'])
  return openRepository(root)
}
