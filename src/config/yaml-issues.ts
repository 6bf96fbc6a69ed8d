/** Turns a schema's complaints into lines for people. */
import type { z } from 'zod'
import { cleanLine } from '../domain/text.ts'
import { nearest } from './nearest.ts'
import { knownKeys } from './schema-keys.ts'

export interface IssuePlace {
  fileName: string
  schema: z.ZodType
  lineOf(path: readonly PropertyKey[]): number
  explainKey(path: string[]): string | null
}

type Issue = z.core.$ZodIssue

/** One line per mistake: `agentlab.yaml:3: checks[0].comand is not a known key; did you mean "command"?` */
export const issueLines = (issues: readonly Issue[], place: IssuePlace): string[] =>
  issues.toSorted((a, b) => rank(a) - rank(b)).flatMap(issue => linesOf(issue, [], place))

/** Unknown keys first: a key that is missing is often one that was misspelt. */
const rank = (issue: Issue): number => (issue.code === 'unrecognized_keys' ? 0 : 1)

const linesOf = (issue: Issue, above: readonly PropertyKey[], place: IssuePlace): string[] => {
  const path = [...above, ...issue.path]
  if (issue.code === 'unrecognized_keys') return issue.keys.map(key => unknownKey([...path, key], place))
  if (issue.code === 'invalid_union') {
    const branch = bestBranch(issue.errors)
    if (branch !== null) return branch.flatMap(inner => linesOf(inner, path, place))
  }
  const explained = place.explainKey(path.map(String))
  return [`${place.fileName}:${place.lineOf(path)}: ${keyName(path)} ${explained ?? expectation(issue)}`]
}

/** Of a union's branches, the one the writer most likely meant: it got furthest, with the fewest complaints. */
const bestBranch = (branches: readonly (readonly Issue[])[]): readonly Issue[] | null => {
  const depth = (branch: readonly Issue[]): number => Math.max(0, ...branch.map(issue => issue.path.length))
  const entered = branches.filter(branch =>
    branch.some(issue => issue.path.length > 0 || issue.code !== 'invalid_type'),
  )
  return entered.toSorted((a, b) => a.length - b.length || depth(b) - depth(a))[0] ?? null
}

const unknownKey = (path: readonly PropertyKey[], place: IssuePlace): string => {
  const start = `${place.fileName}:${place.lineOf(path)}: ${keyName(path)}`
  const explained = place.explainKey(path.map(String))
  if (explained !== null) return `${start} ${explained}`
  const known = knownKeys(place.schema, path.slice(0, -1))
  const meant = nearest(String(path.at(-1)), known)
  if (meant !== null) return `${start} is not a known key; did you mean "${meant}"?`
  return `${start} is not a known key; known here: ${known.join(', ')}`
}

const expectation = (issue: Issue): string => {
  const types = expectedTypes(issue)
  if (types !== null && types.received === 'undefined') return 'is missing'
  if (types !== null) return `must be ${types.expected.join(' or ')}, not ${types.received}`
  if (issue.code === 'invalid_value') return `must be one of ${issue.values.map(String).join(', ')}`
  return cleanLine(issue.message, 300)
}

/** Names of types in the words of a YAML file's writer. */
const typeName = (name: string): string =>
  ({
    array: 'a list',
    object: 'a mapping',
    record: 'a mapping',
    string: 'a text',
    number: 'a number',
    boolean: 'true or false',
  })[name] ?? name

const expectedTypes = (issue: Issue): { expected: string[]; received: string } | null => {
  const issues = issue.code === 'invalid_union' ? issue.errors.flat() : [issue]
  const types = issues.filter(inner => inner.code === 'invalid_type')
  if (types.length === 0 || types.length < issues.length) return null
  const received = / received (\S+)$/.exec(types[0]!.message)?.[1] ?? 'this'
  return {
    expected: [...new Set(types.map(type => typeName(type.expected)))],
    received: received === 'undefined' ? received : typeName(received),
  }
}

const keyName = (path: readonly PropertyKey[]): string => {
  if (path.length === 0) return 'the file'
  const name = path.map(key => (typeof key === 'number' ? `[${key}]` : `.${String(key)}`)).join('')
  return cleanLine(name.replace(/^\./, ''), 120)
}
