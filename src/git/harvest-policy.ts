/** What a worker's change may contain: a pure reading of raw diff entries, sizes, and the contents that matter. */
import type { Finding } from '../domain/verdict.ts'
import { foldName, isAgentConfigPath, isInstructionPath } from './agent-config.ts'
import type { RawChange } from './changes.ts'

/** The closed list of reasons, for programs. */
export type HarvestRule =
  | 'export-unreadable'
  | 'pack-rejected'
  | 'wrong-tip'
  | 'not-on-base'
  | 'disconnected'
  | 'not-staged'
  | 'unmerged'
  | 'gitlink'
  | 'large-file'
  | 'symlink'
  | 'reserved-path'
  | 'file-too-large'
  | 'work-too-large'
  | 'agent-config'
  | 'conflict-markers'
  | 'odd-name'
  | 'git-metadata'
  | 'handed-in'
  | 'stricter-lane'

export type HarvestFinding = Finding & { rule: HarvestRule }

export interface HarvestLimits {
  /** One file. Default 10 MiB. */
  fileBytes: number
  /** All added and changed files together, and the pack. Default 100 MiB. */
  totalBytes: number
}

export const defaultLimits: HarvestLimits = { fileBytes: 10 * 1024 * 1024, totalBytes: 100 * 1024 * 1024 }

export const finding = (
  rule: HarvestRule,
  claim: string,
  file?: string,
  severity: Finding['severity'] = 'blocking',
): HarvestFinding => ({ rule, claim, severity, ...(file === undefined ? {} : { file: file.slice(0, 1_000) }) })

/** `.git` as any file system might see it: case, HFS+ and NTFS forms (short name, stream). */
const isGitName = (part: string): boolean => /^(?:\.git|git~\d+)(?:::?\$.*)?$/.test(foldName(part))

const isReserved = (path: string): boolean =>
  path === '' || path.startsWith('/') || path.split('/').some(part => ['', '.', '..'].includes(part) || isGitName(part))

/**
 * Whether a link at `path` stays inside the tree: relative, climbing only at its start and not above the root, never
 * into `.git`. A `..` after a name is refused, for that name may itself be a link to elsewhere.
 */
export const staysInside = (path: string, target: string): boolean => {
  const parts = target.split('/').filter(part => part !== '' && part !== '.')
  const climbs = parts.findIndex(part => part !== '..')
  const up = climbs < 0 ? parts.length : climbs
  const depth = path.split('/').length - 1
  return (
    target !== '' && !target.startsWith('/') && up <= depth && !parts.slice(up).includes('..') && !parts.some(isGitName)
  )
}

const isOddName = (path: string): boolean =>
  /[\u0000-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069\ufffd]/.test(path) ||
  path.split('/').some(part => part.startsWith('-'))

const isGitMetadata = (path: string): boolean =>
  ['.gitattributes', '.gitmodules'].includes(foldName(path.split('/').at(-1)!))

const ofPath = ({ path, newMode, oldMode }: RawChange): HarvestFinding[] => [
  ...(isReserved(path) ? [finding('reserved-path', 'A path must not lie in a git directory.', path)] : []),
  ...(newMode === '160000' || oldMode === '160000'
    ? [
        finding(
          'gitlink',
          'Nested repositories and submodule changes are not taken over; add the files themselves.',
          path,
        ),
      ]
    : []),
  ...(isAgentConfigPath(path) || isInstructionPath(path)
    ? [
        finding(
          'agent-config',
          'Config and instructions of agents, editors and environments are changed by the operator only.',
          path,
        ),
      ]
    : []),
  ...(isOddName(path)
    ? [finding('odd-name', 'The name holds control characters or starts with a dash.', path, 'minor')]
    : []),
  ...(isGitMetadata(path) ? [finding('git-metadata', 'Changes how git treats files.', path, 'minor')] : []),
]

const inMiB = (bytes: number): string => `${(bytes / 1024 / 1024).toFixed(1)} MiB`

const ofSizes = (changes: RawChange[], sizes: Map<string, number>, limits: HarvestLimits): HarvestFinding[] => {
  const sizeOf = (change: RawChange): number => sizes.get(change.newOid) ?? 0
  const total = changes.reduce((sum, change) => sum + sizeOf(change), 0)
  const large = changes.filter(change => sizeOf(change) > limits.fileBytes)
  const overall = `The change holds ${inMiB(total)}; at most ${inMiB(limits.totalBytes)} are taken.`
  return [
    ...large.map(change =>
      finding(
        'file-too-large',
        `The file has ${inMiB(sizeOf(change))}; at most ${inMiB(limits.fileBytes)} are taken.`,
        change.path,
      ),
    ),
    ...(total > limits.totalBytes ? [finding('work-too-large', overall)] : []),
  ]
}

/** Judges paths, modes and sizes; needs no content. */
export const judgeChanges = (
  changes: RawChange[],
  sizes: Map<string, number>,
  limits: HarvestLimits,
): HarvestFinding[] => [...changes.flatMap(ofPath), ...ofSizes(changes, sizes, limits)]

/** Whether a text holds all three marks of a conflict git left. */
export const hasMarkers = (content: Buffer): boolean => {
  const text = content.toString('utf8')
  return /^<{7} /m.test(text) && /^={7}$/m.test(text) && /^>{7} /m.test(text)
}

/** Judges where a link points. */
export const judgeLink = (path: string, target: Buffer): HarvestFinding[] =>
  staysInside(path, target.toString('utf8')) ? [] : [finding('symlink', 'The link leads out of the repository.', path)]

/** The finding for markers the old version of the file did not have. */
export const markersLeft = (path: string): HarvestFinding =>
  finding('conflict-markers', 'The file still holds conflict markers.', path)

/** What the operator handed in is for looking at and running with, under whatever name it comes back. */
export const judgeHandedIn = (
  changes: readonly RawChange[],
  handedIn: readonly { path: string; oid: string | null }[],
): HarvestFinding[] =>
  changes
    .filter(({ path, newOid }) => handedIn.some(file => foldName(file.path) === foldName(path) || file.oid === newOid))
    .map(({ path }) =>
      finding('handed-in', 'The operator handed this file in; neither it nor its content may be committed.', path),
    )

/** Paths that the run may not touch; `closed` says why. */
export const judgeClosed = (changes: readonly RawChange[], closed: (path: string) => string | null): HarvestFinding[] =>
  changes.flatMap(({ path }) => {
    const why = closed(path)
    return why === null ? [] : [finding('stricter-lane', why, path)]
  })
