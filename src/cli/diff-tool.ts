/** `diff --tool CMD`: lays both sides of a change out as folders and shows them in the operator's own program. */
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { dirname, join, normalize, sep } from 'node:path'
import { CommandWords } from '../config/command-words.ts'
import { AgentLabError, exitCode } from '../domain/errors.ts'
import type { Oid } from '../domain/ids.ts'
import { objectSizes, readBlobs } from '../git/blobs.ts'
import { type RawChange, rawChanges } from '../git/changes.ts'
import { runAttended } from '../process/attended.ts'
import type { Call } from './call.ts'
import type { NearProject } from './near-store.ts'

const maxBytes = 256 * 1024 * 1024

/**
 * Runs the tool and waits for its end. Its words may hold `{from}` and `{to}`; else both folders are appended.
 * @throws AgentLabError `wrong-use` for a command only a shell understands, `tool-failed`, `diff-too-large`
 */
export const showInTool = async (
  call: Call,
  project: NearProject,
  range: { from: Oid; to: Oid },
  command: string,
): Promise<void> => {
  const words = wordsOf(command)
  const views = join(project.dataDir, 'views')
  await mkdir(views, { recursive: true, mode: 0o700 })
  const dir = await mkdtemp(join(views, 'diff-'))
  try {
    const sides = await layOut(project, range, dir)
    const named = words.map(word => word.replaceAll('{from}', sides.from).replaceAll('{to}', sides.to))
    const args = words.some(word => /\{(?:from|to)\}/.test(word))
      ? named.slice(1)
      : [...named.slice(1), sides.from, sides.to]
    const end = await call.attended(() =>
      runAttended(named[0]!, args, { cwd: call.cwd, env: call.env, signal: call.signal }),
    )
    // Many diff tools end with 1 where there is a difference, as diff does.
    if (end.failedToStart !== null || end.exitCode === null || end.exitCode > 1)
      throw toolFailed(named[0]!, end.failedToStart ?? `it ended with ${end.exitCode ?? 'a signal'}`)
  } finally {
    await rm(dir, { recursive: true, force: true })
  }
}

const wordsOf = (command: string): string[] => {
  // The placeholders are ours; everything else a shell would act on is refused.
  const parsed = CommandWords.safeParse(command.replaceAll('{from}', '%FROM%').replaceAll('{to}', '%TO%'))
  if (parsed.success) return parsed.data.map(word => word.replaceAll('%FROM%', '{from}').replaceAll('%TO%', '{to}'))
  throw new AgentLabError(`diff failed on --tool: it holds what only a shell understands, or names no program`, {
    code: 'wrong-use',
    cure: 'Name a program and plain words: --tool meld, or --tool "code --wait --diff {from} {to}"',
    exit: exitCode.wrongUse,
  })
}

const toolFailed = (program: string, why: string): AgentLabError =>
  new AgentLabError(`diff failed on --tool ${program}: ${why}`, {
    code: 'tool-failed',
    cure: 'Name a program that is on PATH and takes two folders, or leave --tool away.',
  })

/** Only what changed; links are written as files that hold their target, nothing is made executable. */
const layOut = async (
  project: NearProject,
  range: { from: Oid; to: Oid },
  dir: string,
): Promise<{ from: string; to: string }> => {
  const changes = await rawChanges(project.repository, range.from, range.to)
  const sides = { from: join(dir, 'from'), to: join(dir, 'to') }
  const files = changes.flatMap(change => [...oldSide(change, sides.from), ...newSide(change, sides.to)])
  const oids = new Set(files.map(file => file.oid))
  const sizes = await objectSizes(project.repository, oids)
  const bytes = [...sizes.values()].reduce((sum, size) => sum + size, 0)
  if (bytes > maxBytes) {
    throw new AgentLabError(`diff failed on --tool: the changed files have ${bytes} bytes, more than 256 MiB`, {
      code: 'diff-too-large',
      cure: 'Look at it without --tool.',
    })
  }
  const blobs = await readBlobs(project.repository, oids)
  await Promise.all(Object.values(sides).map(side => mkdir(side)))
  for (const { path, oid } of files) {
    await mkdir(dirname(path), { recursive: true })
    await writeFile(path, blobs.get(oid)!, { mode: 0o600 })
  }
  return sides
}

const oldSide = (change: RawChange, side: string): { path: string; oid: Oid }[] =>
  isFile(change.oldMode) ? placed(side, change.path, change.oldOid) : []

const newSide = (change: RawChange, side: string): { path: string; oid: Oid }[] =>
  isFile(change.newMode) ? placed(side, change.path, change.newOid) : []

const isFile = (mode: string): boolean => mode.startsWith('100') || mode === '120000'

/** A path that would leave its folder is left out; a tree harvested by us holds none. */
const placed = (side: string, path: string, oid: Oid): { path: string; oid: Oid }[] => {
  const target = normalize(join(side, path))
  return target.startsWith(side + sep) ? [{ path: target, oid }] : []
}
