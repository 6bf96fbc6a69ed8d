/**
 * Whether what a researcher cites is there: the quote in the file at the base commit or in the log, the command in the
 * attempt's own stream. Pure. It says where a claim comes from, never that the claim is true.
 */
import { posix } from 'node:path'
import type { Lane } from '../domain/lane.ts'
import {
  type CheckedCitation,
  type CheckedClaim,
  type CitationState,
  type Evidence,
  type ResearchAnswer,
  researchBounds,
} from '../domain/research.ts'
import { cleanText } from '../domain/text.ts'
import { innerScript } from './shell-words.ts'
import { isCommand, type ToolCall } from './tool-calls.ts'

/** What stands at a path of the base commit. */
export type CitedFile = { text: string } | { not: string; isChecked: boolean }

export interface CitationGround {
  /** By the paths `citedPaths` gave; what is absent is no file of the commit. */
  files: ReadonlyMap<string, CitedFile>
  /** Of this attempt, finished. */
  calls: readonly ToolCall[]
  /** The text that was handed in beside the repository, or null. */
  log: string | null
  lane: Lane
  /** The workspace as the researcher saw it, for paths that begin with it. */
  workspace: string
}

type Found = Pick<CheckedCitation, 'state' | 'why'>

const found = (state: CitationState, why: string): Found => ({ state, why })
const holds = found('holds', '')
const notFound = (why: string): Found => found('notFound', why)
const notChecked = (why: string): Found => found('notChecked', why)

/** The repository-relative path that is meant, or null: it leads out, or names nothing. `src/a.ts:12` is `src/a.ts`. */
export const citedPath = ({ path = '', line }: Evidence, workspace: string): string | null => {
  const inside = path.startsWith(`${workspace}/`) ? path.slice(workspace.length + 1) : path
  const bare = line === undefined ? inside.replace(/:\d+(?:-\d+)?$/, '') : inside
  if (bare === '' || bare.startsWith('/') || bare.includes('\\') || bare.split('/').includes('..')) return null
  const plain = posix.normalize(bare)
  return plain === '.' || plain.endsWith('/') ? null : plain
}

/** Every path of the answer that can be looked up, once. */
export const citedPaths = ({ claims }: ResearchAnswer, workspace: string): string[] => {
  const files = claims.flatMap(claim => claim.evidence.filter(one => one.kind === 'file'))
  return [...new Set(files.flatMap(one => citedPath(one, workspace) ?? []))]
}

/** Each claim with the state of each of its citations, in the answer's order. */
export const checkClaims = (answer: ResearchAnswer, ground: CitationGround): CheckedClaim[] => {
  const read = reader()
  return answer.claims.map(({ claim, evidence }) => {
    const checked = evidence.map(one => ({ ...one, ...checkOne(one, ground, read) }))
    return { claim, state: stateOf(checked), evidence: checked }
  })
}

const stateOf = (checked: readonly Found[]): CheckedClaim['state'] => {
  if (checked.some(one => one.state === 'notFound')) return 'notFound'
  return checked.some(one => one.state === 'holds') ? 'cited' : 'uncited'
}

const checkOne = (evidence: Evidence, ground: CitationGround, read: Read): Found => {
  switch (evidence.kind) {
    case 'file':
      return checkFile(evidence, ground, read)
    case 'log':
      return ground.log === null ? notFound('no log was handed in') : checkQuote(evidence, ground.log, read)
    case 'command':
      return checkCommand(evidence, ground.calls)
    case 'url':
      return notChecked(`lane ${ground.lane} lists no such source`)
  }
}

const checkFile = (evidence: Evidence, { files, workspace }: CitationGround, read: Read): Found => {
  if ((evidence.path ?? '') === '') return notFound('no path was given')
  const path = citedPath(evidence, workspace)
  if (path === null) return notFound('the path is not one of the repository')
  const file = files.get(path)
  if (file === undefined) return notFound('there is no such file at the base commit')
  if ('not' in file) return file.isChecked ? notFound(file.not) : notChecked(file.not)
  const stated = evidence.line === undefined ? /:(\d+)(?:-(\d+))?$/.exec(evidence.path!) : null
  const place = stated === null ? {} : { line: Number(stated[1]), ...(stated[2] && { lastLine: Number(stated[2]) }) }
  return checkQuote({ ...evidence, ...place }, file.text, read)
}

/** More lines than this are no place. */
const mostLines = 200

const checkQuote = (evidence: Evidence, text: string, read: Read): Found => {
  const { line, quote = '' } = evidence
  if (line === undefined) return notFound('no line was given')
  const source = read(text)
  const total = source.lines.length
  if (line < 1 || line > total) return notFound(`there is no line ${line}: it has ${total}`)
  const wanted = squeeze(quote)
  if (!/[\p{L}\p{N}]/u.test(wanted)) return notChecked('no words are quoted, so there is nothing to hold against it')
  if (quote.length > researchBounds.quote)
    return notFound(`the quote is longer than ${researchBounds.quote} characters`)
  const last = evidence.lastLine ?? line + quote.trim().split('\n').length - 1
  if (last < line || last > total) return notFound(`there are no lines ${line} to ${last}: it has ${total}`)
  if (last - line >= mostLines) return notFound(`more than ${mostLines} lines are cited at once`)
  if (squeeze(source.lines.slice(line - 1, last).join('\n')).includes(wanted)) return holds
  const elsewhere = source.lineOf(wanted)
  return notFound(
    elsewhere === null ? 'the quote does not stand there' : `the quote stands at line ${elsewhere}, not there`,
  )
}

/** White space of any kind and length is one blank; all else must be the same. */
const squeeze = (text: string): string => cleanText(text).replace(/\s+/g, ' ').trim()

interface Source {
  lines: string[]
  /** Where a squeezed quote begins, or null. */
  lineOf(wanted: string): number | null
}

type Read = (text: string) => Source

/** Each text is taken apart once, however often it is cited. */
const reader = (): Read => {
  const known = new Map<string, Source>()
  return text => {
    const there = known.get(text)
    if (there !== undefined) return there
    const lines = text.replace(/\r\n?/g, '\n').split('\n')
    if (lines.at(-1) === '') lines.pop()
    const source = { lines, lineOf: finderIn(lines) }
    known.set(text, source)
    return source
  }
}

const finderIn = (lines: readonly string[]): Source['lineOf'] => {
  let index: { text: string; starts: number[] } | null = null
  return wanted => {
    index ??= indexOf(lines)
    const at = index.text.indexOf(wanted)
    return at < 0 ? null : index.starts.findLastIndex(start => start <= at) + 1
  }
}

/** The lines squeezed and joined by blanks, and where each begins; an empty one begins where the next one does. */
const indexOf = (lines: readonly string[]): { text: string; starts: number[] } => {
  const parts: string[] = []
  const starts: number[] = []
  let at = 0
  for (const line of lines) {
    const part = squeeze(line)
    starts.push(at)
    if (part === '') continue
    parts.push(part)
    at += part.length + 1
  }
  return { text: parts.join(' '), starts }
}

const checkCommand = (evidence: Evidence, calls: readonly ToolCall[]): Found => {
  const wanted = squeeze(evidence.command ?? '')
  if (wanted === '') return notFound('no command was given')
  const runs = calls.filter(call => isCommand(call) && isSame(wanted, call.input))
  if (runs.length === 0) return notFound('it was not run in this attempt')
  const verdicts = runs.map(call => checkRun(evidence, call))
  return (
    verdicts.find(one => one.state === 'holds') ?? verdicts.find(one => one.state === 'notChecked') ?? verdicts.at(-1)!
  )
}

/** The line as it was run, or what a shell was given to run. A stream keeps the beginning of long ones. */
const isSame = (wanted: string, input: string): boolean =>
  [input, innerScript(input)].some(ran => {
    if (ran === null) return false
    const line = squeeze(ran)
    if (line === wanted) return true
    const isCut = line.endsWith('…') && line.length > 200
    return isCut && wanted.startsWith(line.slice(0, -1))
  })

const checkRun = ({ exitCode, output = '' }: Evidence, call: ToolCall): Found => {
  const ended = call.exitCode
  if (exitCode === undefined) return notChecked('no exit code was given')
  if (ended === null) return notChecked('it ran, and the stream does not tell how it ended')
  if (ended !== exitCode) return notFound(`it ended with ${ended}, not with ${exitCode}`)
  const wanted = squeeze(output)
  if (wanted === '' || squeeze(call.output).includes(wanted)) return holds
  return /\n… \d+ characters left out/.test(call.output)
    ? notChecked('what it printed was too long to be kept whole')
    : notFound('it did not print that')
}
