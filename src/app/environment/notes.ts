/** What the environment of a tree leaves unproven, as findings that send nothing back. */
import { z } from 'zod'
import type { Oid } from '../../domain/ids.ts'
import { cleanLine, clipMiddle } from '../../domain/text.ts'
import type { Finding } from '../../domain/verdict.ts'
import { objectSizes, readBlobs, type TreeEntry } from '../../git/blobs.ts'
import type { Repository } from '../../git/repository.ts'
import type { RunScope } from '../host.ts'
import type { Environment } from './build.ts'
import { areSame, inputsOf } from './inputs.ts'

/** A set-up that failed, with the end of what it printed, and what may have been the reason. */
export const setupNote = (scope: RunScope, environment: Environment): Finding[] =>
  environment.status !== 'failed'
    ? []
    : [
        {
          claim: 'The set-up failed, so nothing that needs it was run.',
          severity: 'minor',
          reproduction: {
            command: (scope.config.setup?.command ?? []).join(' ').slice(0, 4_000),
            expected: 'exit code 0',
            observed: clipMiddle(environment.detail, 3_900),
          },
        },
        ...environment.hints.map((claim): Finding => ({ claim, severity: 'minor' })),
      ]

const scriptsWord =
  'Nobody has looked at them. The set-up ran without install scripts where the tool has a switch for it (npm, pnpm, yarn, pip).'

/** One finding per input of the set-up that a tree has and its base has not, or has otherwise. */
export const dependencyNotes = async (
  repository: Repository,
  scope: RunScope,
  { tree, baseTree }: { tree: Oid; baseTree: Oid | null },
): Promise<Finding[]> => {
  const { setup } = scope.config
  if (setup === null || baseTree === null) return []
  const before = await inputsOf(repository, setup, baseTree)
  const now = await inputsOf(repository, setup, tree)
  if (areSame(before, now)) return []
  const old = new Map(before.map(entry => [entry.path, entry]))
  const changed = now.filter(entry => old.get(entry.path)?.oid !== entry.oid)
  const removed = before.filter(entry => !now.some(one => one.path === entry.path))
  const notes: Finding[] = []
  for (const entry of changed) {
    const what = await manifestChange(repository, old.get(entry.path), entry)
    notes.push(note(entry.path, `New dependencies: ${cleanLine(entry.path, 200)} ${what}. ${scriptsWord}`))
  }
  for (const { path } of removed)
    notes.push(note(path, `New dependencies: ${cleanLine(path, 200)} is gone. ${scriptsWord}`))
  return notes.slice(0, 20)
}

const note = (path: string, claim: string): Finding => ({ claim, severity: 'minor', file: path.slice(0, 1_000) })

const versions = z.record(z.string(), z.string()).optional().catch(undefined)

const Manifest = z.object({
  dependencies: versions,
  devDependencies: versions,
  optionalDependencies: versions,
  peerDependencies: versions,
})

const maxManifestBytes = 1024 * 1024

/** What became of the names in a package.json; of any other file just that it changed. */
const manifestChange = async (
  repository: Repository,
  before: TreeEntry | undefined,
  now: TreeEntry,
): Promise<string> => {
  if (now.path.split('/').at(-1) !== 'package.json') return before === undefined ? 'is new' : 'has changed'
  const old = before === undefined ? new Map() : await dependenciesIn(repository, before.oid)
  const next = await dependenciesIn(repository, now.oid)
  if (old === null || next === null) return "has changed and can't be read"
  const added = [...next].filter(([name]) => !old.has(name)).map(([name, version]) => `${name} ${version}`)
  const moved = [...next]
    .filter(([name, version]) => old.has(name) && old.get(name) !== version)
    .map(([name, version]) => `${name} ${old.get(name)} → ${version}`)
  const gone = [...old.keys()].filter(name => !next.has(name))
  const parts = [listed('adds', added), listed('changes', moved), listed('drops', gone)].filter(part => part !== '')
  return parts.length === 0 ? 'has changed, but names the same dependencies' : parts.join('; ')
}

const shown = 20

const listed = (verb: string, names: readonly string[]): string => {
  if (names.length === 0) return ''
  const more = names.length > shown ? ` and ${names.length - shown} more` : ''
  return `${verb} ${names
    .slice(0, shown)
    .map(name => cleanLine(name, 100))
    .join(', ')}${more}`
}

const dependenciesIn = async (repository: Repository, oid: Oid): Promise<Map<string, string> | null> => {
  const size = (await objectSizes(repository, [oid])).get(oid) ?? Number.POSITIVE_INFINITY
  if (size > maxManifestBytes) return null
  try {
    const text = (await readBlobs(repository, [oid])).get(oid)?.toString('utf8') ?? ''
    return new Map(Object.values(Manifest.parse(JSON.parse(text))).flatMap(group => Object.entries(group ?? {})))
  } catch {
    return null
  }
}
