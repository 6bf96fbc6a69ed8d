/** Whether what is cited is there: one row a kind of citation, made up or honest. */
import { describe, expect, test } from 'vitest'
import { type Evidence, type ResearchAnswer, readResearch, researchBounds } from '../../src/domain/research.ts'
import {
  type CitationGround,
  type CitedFile,
  checkClaims,
  citedPath,
  citedPaths,
} from '../../src/verifier/citations.ts'
import type { ToolCall } from '../../src/verifier/tool-calls.ts'

const source = 'export const max = 3\n\n  if (tries  >=\tmax)\n    throw new Error("zu viele Versuche — 再试")\n}\n'
const files = new Map<string, CitedFile>([
  ['src/a.ts', { text: source }],
  ['empty.txt', { text: '' }],
  ['win.txt', { text: 'one\r\ntwo\r\n' }],
  ['colour.log', { text: '\u001b[31mred alert\u001b[0m\n' }],
  ['link', { not: 'it is a link, not a file', isChecked: true }],
  ['sub', { not: 'it is a submodule, whose files are not read', isChecked: true }],
  ['pic.png', { not: 'the file is binary', isChecked: true }],
  ['big.bin', { not: 'the file is larger than 1 MiB', isChecked: false }],
])
const call = (input: string, exitCode: number | null, output = '', tool = 'Bash'): ToolCall => ({
  tool,
  input,
  ok: exitCode === null ? null : exitCode === 0,
  exitCode,
  output,
})
const long = `node -e ${'x'.repeat(600)}`
const ground: CitationGround = {
  files,
  calls: [
    call('npm test', 1, 'not ok 3 - adds up\n1 failing\n'),
    call('npm test', 0, 'ok\n'),
    call("/bin/bash -lc 'grep -c max src/a.ts'", 0, '2\n', 'command_execution'),
    call('pytest -q', null, '3 passed', 'run_shell_command'),
    call('seq 9', 0, '1\n… 30000 characters left out …\n9\n'),
    call(`${long.slice(0, 399)}…`, 0, ''),
    call('src/a.ts', 0, source, 'Read'),
  ],
  log: 'boot\nFATAL no space\nbye\n',
  lane: 'private',
  workspace: '/seats/k-1.claude/workspace',
}

const check = (evidence: Evidence) =>
  checkClaims({ answer: 'x', unknown: [], claims: [{ claim: 'c', evidence: [evidence] }] }, ground)[0]!
const file = (more: Partial<Evidence>): Evidence => ({
  kind: 'file',
  path: 'src/a.ts',
  line: 1,
  quote: 'max = 3',
  ...more,
})
const ran = (more: Partial<Evidence>): Evidence => ({ kind: 'command', command: 'npm test', exitCode: 0, ...more })
const log = (more: Partial<Evidence>): Evidence => ({ kind: 'log', line: 2, quote: 'no space', ...more })

type Row = [what: string, evidence: Evidence, state: 'holds' | 'notFound' | 'notChecked', why?: RegExp]

const rows: Row[] = [
  // Files.
  ['a quote at its line', file({}), 'holds'],
  ['a whole line', file({ quote: 'export const max = 3' }), 'holds'],
  ['other white space', file({ line: 3, quote: 'if (tries >= max)' }), 'holds'],
  ['white space where none is', file({ quote: 'ma x = 3' }), 'notFound'],
  ['another case', file({ quote: 'MAX = 3' }), 'notFound'],
  [
    'two lines, the last one told by the quote',
    file({ line: 3, quote: 'if (tries >= max)\n throw new Error(' }),
    'holds',
  ],
  ['two lines, both told', file({ line: 3, lastLine: 4, quote: 'max) throw new' }), 'holds'],
  [
    'a quote over lines that are not cited',
    file({ line: 3, lastLine: 3, quote: 'max) throw new' }),
    'notFound',
    /at line 3/,
  ],
  ['letters of other scripts', file({ line: 4, quote: '再试' }), 'holds'],
  ['the wrong line', file({ line: 2 }), 'notFound', /stands at line 1/],
  ['the right line, made up', file({ quote: 'max = 4' }), 'notFound', /does not stand there/],
  ['line 0', file({ line: 0 }), 'notFound', /no line 0/],
  ['a negative line', file({ line: -3 }), 'notFound', /no line -3/],
  ['line 1000000000', file({ line: 1e9 }), 'notFound', /it has 5/],
  ['lines that end before they begin', file({ line: 3, lastLine: 1 }), 'notFound', /no lines 3 to 1/],
  ['lines beyond the end', file({ lastLine: 900 }), 'notFound', /no lines/],
  ['no line', file({ line: undefined }), 'notFound', /no line was given/],
  ['the line within the path', file({ path: 'src/a.ts:1', line: undefined }), 'holds'],
  ['lines within the path', file({ path: 'src/a.ts:3-4', line: undefined, quote: 'max) throw' }), 'holds'],
  ['no quote', file({ quote: undefined }), 'notChecked', /no words are quoted/],
  ['an empty quote', file({ quote: '  \n ' }), 'notChecked'],
  ['a quote of brackets alone', file({ line: 5, quote: '}' }), 'notChecked'],
  ['a quote of a megabyte', file({ quote: 'max = 3'.repeat(150_000) }), 'notFound', /longer than 4000/],
  ['a file that is not there', file({ path: 'src/b.ts' }), 'notFound', /no such file/],
  ['another spelling of the path', file({ path: 'SRC/a.ts' }), 'notFound', /no such file/],
  ['a path with a dot', file({ path: './src/./a.ts' }), 'holds'],
  ['the path in the seat', file({ path: '/seats/k-1.claude/workspace/src/a.ts' }), 'holds'],
  ['a path that leads out', file({ path: '../src/a.ts' }), 'notFound', /not one of the repository/],
  ['a path that leads out and in again', file({ path: 'src/../src/a.ts' }), 'notFound', /not one of the repository/],
  ['a path out of the seat', file({ path: '/seats/k-1.claude/workspace/../home/x' }), 'notFound', /not one of/],
  ['an absolute path', file({ path: '/etc/passwd' }), 'notFound', /not one of the repository/],
  ['a path with backslashes', file({ path: 'src\\a.ts' }), 'notFound', /not one of the repository/],
  ['no path', file({ path: undefined }), 'notFound', /no path/],
  ['an empty path', file({ path: '' }), 'notFound', /no path/],
  ['the repository itself', file({ path: '.' }), 'notFound', /not one of/],
  ['a link', file({ path: 'link' }), 'notFound', /link/],
  ['a submodule', file({ path: 'sub' }), 'notFound', /submodule/],
  ['a binary file', file({ path: 'pic.png' }), 'notFound', /binary/],
  ['a file too large to be read', file({ path: 'big.bin' }), 'notChecked', /1 MiB/],
  ['a line of an empty file', file({ path: 'empty.txt', quote: 'x' }), 'notFound', /it has 0/],
  ['line ends of Windows', file({ path: 'win.txt', line: 2, quote: 'two' }), 'holds'],
  ['colours in the file', file({ path: 'colour.log', quote: 'red alert' }), 'holds'],
  // Commands.
  ['a command that ran', ran({}), 'holds'],
  ['its other end', ran({ exitCode: 1 }), 'holds'],
  ['an end it never had', ran({ exitCode: 2 }), 'notFound', /ended with 0, not with 2/],
  ['what it printed', ran({ exitCode: 1, output: 'not ok 3 - adds up 1 failing' }), 'holds'],
  ['what it did not print', ran({ output: 'all 12 tests passed' }), 'notFound', /did not print/],
  ['what it printed when it ended otherwise', ran({ output: '1 failing' }), 'notFound'],
  ['a command that never ran', ran({ command: 'npm run lint' }), 'notFound', /not run in this attempt/],
  ['a part of a command', ran({ command: 'npm' }), 'notFound'],
  ['what a shell was given', ran({ command: 'grep -c max src/a.ts', output: '2' }), 'holds'],
  ['the shell and what it was given', ran({ command: "/bin/bash -lc 'grep -c max src/a.ts'" }), 'holds'],
  ['an end that is not known', ran({ command: 'pytest -q' }), 'notChecked', /does not tell how it ended/],
  ['no exit code', ran({ exitCode: undefined }), 'notChecked', /no exit code/],
  ['no command', ran({ command: undefined }), 'notFound', /no command/],
  ['output from the part that was cut', ran({ command: 'seq 9', output: '5' }), 'notChecked', /too long/],
  ['a long command, of which the stream keeps the beginning', ran({ command: long }), 'holds'],
  ['a file that was read, as a command', ran({ command: 'src/a.ts' }), 'notFound', /not run/],
  // The log, and the web.
  ['a line of the log', log({}), 'holds'],
  ['another line of the log', log({ line: 1 }), 'notFound', /at line 2/],
  ['a line the log has not', log({ line: 4 }), 'notFound', /it has 3/],
  ['an address', { kind: 'url', url: 'https://example.com' }, 'notChecked', /^lane private lists no such source$/],
]

describe('a citation', () => {
  test.each(rows)('%s: %o is %s', (_, evidence, state, why) => {
    const [found] = check(evidence).evidence
    expect(found).toMatchObject({ state })
    if (state === 'holds') expect(found!.why).toBe('')
    else expect(found!.why).toMatch(why ?? /./)
  })

  test('to a log is wrong where none was handed in', () => {
    const answer = { answer: 'x', unknown: [], claims: [{ claim: 'c', evidence: [log({})] }] }
    expect(checkClaims(answer, { ...ground, log: null })[0]).toMatchObject({ state: 'notFound' })
  })
})

describe('a claim', () => {
  const stateOf = (...evidence: Evidence[]) =>
    checkClaims({ answer: 'x', unknown: [], claims: [{ claim: 'c', evidence }] }, ground)[0]!.state
  const [good, wrong, open] = [file({}), file({ quote: 'made up' }), { kind: 'url' as const, url: 'https://a' }]

  test('is cited by one citation that holds, and by none that is wrong beside it', () => {
    expect(stateOf(good)).toBe('cited')
    expect(stateOf(good, open)).toBe('cited')
    expect(stateOf(good, wrong)).toBe('notFound')
  })

  test('without a citation that could be checked is uncited', () => {
    expect(stateOf()).toBe('uncited')
    expect(stateOf(open)).toBe('uncited')
  })
})

test('only paths that can lie in the repository are looked up, each once', () => {
  const evidence = [
    file({}),
    file({ path: './src/a.ts' }),
    file({ path: '../x' }),
    file({ path: '/etc/passwd' }),
    ran({}),
  ]
  expect(citedPaths({ answer: '', unknown: [], claims: [{ claim: '', evidence }] }, ground.workspace)).toEqual([
    'src/a.ts',
  ])
  expect(citedPath(file({ path: 'src/' }), ground.workspace)).toBeNull()
})

describe('an answer from outside', () => {
  const claim = { claim: 'c', evidence: [] }
  const read = (over: Partial<ResearchAnswer>) => readResearch({ answer: 'a', claims: [], unknown: [], ...over })

  test('of 5,000 claims is bounded, and says so', () => {
    const found = read({ claims: Array(5_000).fill(claim) })
    expect(found).toMatchObject({ ok: true, notes: ['4800 claims beyond the first 200 were left out, unchecked.'] })
    expect(found.ok && found.answer.claims).toHaveLength(researchBounds.claims)
  })

  test('loses what a terminal would obey, and keeps every script', () => {
    const found = read({ answer: '\u001b]0;title\u0007Größe 大小\u0000\u202e', unknown: ['\u001b[2Jx'] })
    expect(found).toMatchObject({ ok: true, answer: { answer: 'Größe 大小', unknown: ['x'] } })
  })

  test.each([
    ['null', null],
    ['a list', []],
    ['no claims', { answer: 'a', unknown: [] }],
    ['a claim without evidence', { answer: 'a', claims: [{ claim: 'c' }], unknown: [] }],
    [
      'evidence of an unknown kind',
      { answer: 'a', claims: [{ claim: 'c', evidence: [{ kind: 'book' }] }], unknown: [] },
    ],
    [
      'a line that is no number',
      { answer: 'a', claims: [{ claim: 'c', evidence: [{ kind: 'file', line: '12' }] }], unknown: [] },
    ],
    ['an answer of nothing but control characters', { answer: '\u001b[2J\u0000', claims: [], unknown: [] }],
  ])('%s is out of shape, with the reason', (_, value) => {
    expect(readResearch(value)).toMatchObject({ ok: false, problem: expect.stringMatching(/./) })
  })
})
