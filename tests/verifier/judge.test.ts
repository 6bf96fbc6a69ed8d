import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { AttemptEnd } from '../../src/domain/attempt.ts'
import type { WorkerEvent } from '../../src/domain/worker-event.ts'
import { judge } from '../../src/verifier/judge.ts'
import {
  answer,
  answered,
  blocking,
  call,
  changedFiles,
  diffPath,
  failed,
  looked,
  minor,
  otherTip,
  ran,
  read,
  said,
  structured,
  tip,
} from './transcript.ts'

const judged = (end: AttemptEnd, events: readonly WorkerEvent[]) =>
  judge({ end, events, tip, changedFiles, materialPaths: { diff: diffPath } })

const pass = structured(answer())
const doubled = JSON.stringify(answer()).replace('"verdict":"pass"', '"verdict":"fail","verdict":"pass"')
const shell = (input: string, output = 'some output', over = {}): WorkerEvent[] =>
  call('Bash', input, { output, ...over })

type Row = [name: string, end: AttemptEnd, events: readonly WorkerEvent[], reason: string]

const hostile: Row[] = [
  [
    'the CLI crashed after the answer was in the stream',
    failed('crashed'),
    [...looked, said(JSON.stringify(answer()))],
    'cutShort',
  ],
  ['it went silent', failed('stalled'), looked, 'cutShort'],
  ['it ran out of wall time', failed('timedOut'), looked, 'cutShort'],
  ['it ran out of turns', failed('outOfTurns'), looked, 'cutShort'],
  ["the run's limit stopped it", failed('limit'), looked, 'cutShort'],
  ['it was interrupted', failed('interrupted'), looked, 'cutShort'],
  ['it is not logged in', failed('auth'), [], 'attemptFailed'],
  ['the provider is overloaded', failed('overloaded'), [], 'attemptFailed'],
  ['the model refused', failed('refused'), looked, 'attemptFailed'],
  ['its tools were denied', failed('denied'), looked, 'attemptFailed'],
  ['the CLI could not read the answer', failed('malformed'), looked, 'malformed'],
  ['it exited well with no result', answered(''), looked, 'noAnswer'],
  ['it answered blanks', answered(' \n\t '), looked, 'noAnswer'],
  ['it answered prose', answered('Looks good to me. PASS.'), looked, 'malformed'],
  ['it put prose before the JSON', answered(`Here is my verdict:\n${JSON.stringify(answer())}`), looked, 'malformed'],
  [
    'it put prose after the JSON',
    answered(`${JSON.stringify(answer())}\nOn second thoughts, fail.`),
    looked,
    'malformed',
  ],
  [
    'it put prose around a fence',
    answered(`Sure!\n\`\`\`json\n${JSON.stringify(answer())}\n\`\`\``),
    looked,
    'malformed',
  ],
  ['the JSON is cut off', answered(JSON.stringify(answer()).slice(0, -10)), looked, 'malformed'],
  [
    'it gave two verdicts one after the other',
    answered(`${JSON.stringify(answer({ verdict: 'fail', findings: [blocking] }))}\n${JSON.stringify(answer())}`),
    looked,
    'malformed',
  ],
  ['it gave two verdicts in a list', answered([answer(), answer({ verdict: 'fail' })]), looked, 'malformed'],
  ['one object holds the verdict twice', answered(doubled), looked, 'malformed'],
  ['one object holds the verdict twice and the CLI kept the last', structured(answer(), doubled), looked, 'malformed'],
  [
    'an escaped key hides the second verdict',
    answered(doubled.replace('"verdict":"fail"', '"\\u0076erdict":"fail"')),
    looked,
    'malformed',
  ],
  [
    'it said fail in an earlier message',
    pass,
    [...looked, said(JSON.stringify(answer({ verdict: 'fail', findings: [blocking] })))],
    'malformed',
  ],
  ['the verdict is a word we do not know', structured(answer({ verdict: 'PASS' as never })), looked, 'malformed'],
  ['the verdict is missing', structured({ ...answer(), verdict: undefined }), looked, 'malformed'],
  ['the structured answer is a string', structured(JSON.stringify(answer())), looked, 'malformed'],
  [
    'a finding has no claim',
    structured(answer({ verdict: 'fail', findings: [{ severity: 'blocking' }] })),
    looked,
    'malformed',
  ],
  ['the commit is abbreviated', structured(answer({ commit: tip.slice(0, 10) })), looked, 'malformed'],
  ['it judged another commit', structured(answer({ commit: otherTip })), looked, 'otherCommit'],
  ['it used no tool at all', pass, [said('I examined the change carefully.')], 'nothingRead'],
  ['it only ran the tests', pass, ran, 'nothingRead'],
  [
    'it only ran the changed test',
    pass,
    shell('npm test -- tests/greet.test.ts', 'tests/greet.test.ts ok'),
    'nothingRead',
  ],
  ['it only listed the changed files', pass, [...shell(`ls -l ${diffPath} src/greet.ts`), ...ran], 'nothingRead'],
  ['it only echoed the path', pass, [...shell('echo src/greet.ts', 'src/greet.ts'), ...ran], 'nothingRead'],
  ['it only counted the diff', pass, [...shell(`wc -l ${diffPath}`, `12 ${diffPath}`), ...ran], 'nothingRead'],
  [
    'it only asked git for names',
    pass,
    [...shell('git diff --stat HEAD~1', 'src/greet.ts | 2 +-'), ...ran],
    'nothingRead',
  ],
  [
    'it only read the log',
    pass,
    [...shell('git log --oneline -- src/greet.ts', 'abc src/greet.ts'), ...ran],
    'nothingRead',
  ],
  [
    'reading the diff failed',
    pass,
    [...shell(`cat ${diffPath}`, 'No such file or directory', { ok: false, exitCode: 1 }), ...ran],
    'nothingRead',
  ],
  [
    'it only asked git',
    pass,
    shell('git -C . show HEAD', 'diff --git a/src/greet.ts b/src/greet.ts\n+x'),
    'nothingRun',
  ],
  ['it only asked git for more', pass, [...read, ...shell('git status && git log -3', 'ok')], 'nothingRun'],
  ['reading the diff printed nothing', pass, [...shell(`cat ${diffPath}`, ''), ...ran], 'nothingRead'],
  ['reading the diff never came to an end', pass, [...call('Read', diffPath, 'open'), ...ran], 'nothingRead'],
  [
    'the reading tool was refused',
    pass,
    [...call('Read', diffPath, { ok: false, exitCode: null }), ...ran],
    'nothingRead',
  ],
  ['it read another file', pass, [...call('Read', '/seat/work/README.md', { exitCode: null }), ...ran], 'nothingRead'],
  ['it read a file whose name ends like a changed one', pass, [...shell('cat mysrc/greet.tsx'), ...ran], 'nothingRead'],
  [
    'a file it read merely mentions a changed one',
    pass,
    [...shell('cat package.json', '{"main": "src/greet.ts"}'), ...ran],
    'nothingRead',
  ],
  [
    'it claims in its answer to have read',
    structured(answer({ examined: [{ path: diffPath, what: 'all of it' }] })),
    ran,
    'nothingRead',
  ],
  ['it only read', pass, read, 'nothingRun'],
  ['it only read by shell', pass, shell(`cat ${diffPath} && sed -n 1,80p src/greet.ts | head -40`), 'nothingRun'],
  ['it only read through bash -lc', pass, shell(`bash -lc 'cat ${diffPath} 2>&1'`), 'nothingRun'],
  [
    'it printed the command it did not run',
    pass,
    [...read, ...shell('echo "npm test"; echo ok', 'npm test\nok')],
    'nothingRun',
  ],
  [
    'a here-document names the command',
    pass,
    [...read, ...shell('cat <<EOF\nnpm test\nEOF', 'npm test')],
    'nothingRun',
  ],
  ['a comment names the command', pass, [...read, ...shell('pwd # npm test', '/seat/work')], 'nothingRun'],
  [
    'the program does not exist',
    pass,
    [...read, ...shell('npm test', 'bash: npm: command not found', { ok: false, exitCode: 127 })],
    'nothingRun',
  ],
  [
    'the command was denied',
    pass,
    [...read, ...shell('npm test', 'denied', { ok: false, exitCode: null })],
    'nothingRun',
  ],
  [
    'the stream hides that the program is missing',
    pass,
    [...read, ...shell('npm test', 'Exit Code: 127', { ok: true, exitCode: null })],
    'nothingRun',
  ],
  ['it only asked for a version', pass, [...read, ...shell('npm --version', '11.0.0')], 'nothingRun'],
  ['the command never came to an end', pass, [...read, ...call('Bash', 'npm test', 'open')], 'nothingRun'],
  [
    'it claims in its answer to have run',
    structured(answer({ ran: [{ command: 'npm test', exitCode: 0 }] })),
    read,
    'nothingRun',
  ],
  ['it says fail without a finding', structured(answer({ verdict: 'fail' })), looked, 'failWithoutFinding'],
  [
    'it says fail with minor findings only',
    structured(answer({ verdict: 'fail', findings: [minor] })),
    looked,
    'failWithoutFinding',
  ],
  [
    'it says pass with a blocking finding',
    structured(answer({ findings: [minor, blocking] })),
    looked,
    'passWithBlockingFinding',
  ],
  [
    'it says pass with a finding of no severity',
    structured(answer({ findings: [{ claim: 'it crashes' }] })),
    looked,
    'passWithBlockingFinding',
  ],
]

describe('a verifier whose answer must not count', () => {
  test.each(hostile)('%s', (_, end, events, reason) => {
    const judgement = judged(end, events)
    expect(judgement).toMatchObject({ value: 'inconclusive', inconclusive: reason, findings: [] })
  })
})

describe('a verifier whose answer counts', () => {
  test.each([
    ['a structured pass', pass, looked],
    ['JSON as text', answered(answer()), looked],
    ['JSON in one fence', answered(`\`\`\`json\n${JSON.stringify(answer(), null, 2)}\n\`\`\``), looked],
    ['optional fields given as null', structured({ ...answer(), summary: null, findings: null }), looked],
    ['a pass with minor findings', structured(answer({ findings: [minor] })), looked],
    ['the same verdict said before', pass, [...looked, said(JSON.stringify(answer()))]],
    ['reading by git show', pass, [...shell('git show HEAD', 'diff --git a/src/greet.ts b/src/greet.ts\n+x'), ...ran]],
    ['reading by codex', pass, [...call('shell', `cat ${diffPath}`), ...call('shell', 'npm test', { output: '' })]],
    [
      'reading by gemini, which prints nothing',
      pass,
      [
        ...call('read_file', '/seat/work/src/greet.ts', { output: '', ok: true, exitCode: null }),
        ...call('run_shell_command', 'npm test', { ok: true, exitCode: null }),
      ],
    ],
    ['reading by grep', pass, [...shell('grep -rn greet .', 'src/greet.ts:3:export const greet'), ...ran]],
    ['a failing command as evidence', pass, [...read, ...shell('npm test', '1 failed', { ok: false, exitCode: 1 })]],
    ['a test of the file by grep -q', pass, [...read, ...shell('grep -q Hello HELLO.md', '')]],
    ['a test of the file by test', pass, [...read, ...shell('test -s HELLO.md', '')]],
    [
      'reading and running in one line',
      pass,
      shell(`cd /seat/work && cat ${diffPath} && NODE_ENV=test timeout 60 npm test`),
    ],
  ] as [string, AttemptEnd, WorkerEvent[]][])('%s', (_, end, events) => {
    expect(judged(end, events)).toMatchObject({ value: 'pass', inconclusive: null })
  })

  test('a fail hands its findings on', () => {
    const judgement = judged(structured(answer({ verdict: 'fail', findings: [blocking, minor] })), looked)
    expect(judgement).toMatchObject({ value: 'fail', inconclusive: null })
    expect(judgement.findings).toEqual([blocking, minor])
  })
})

test('no stream without a finished tool call is ever a pass', () => {
  const silent = fc.array(
    fc.oneof(
      fc.record({
        type: fc.constant('text' as const),
        text: fc.oneof(fc.string(), fc.constant(JSON.stringify(answer()))),
      }),
      fc.record({ type: fc.constant('unknown' as const), line: fc.string() }),
      fc.record({
        type: fc.constant('tool.started' as const),
        id: fc.string(),
        tool: fc.constant('Bash'),
        input: fc.constant(`cat ${diffPath} && npm test`),
      }),
    ),
  )
  fc.assert(fc.property(silent, events => judged(pass, events).value !== 'pass'))
})

test('never throws, whatever the answer and the commands look like', () => {
  const events = fc
    .array(fc.string({ unit: 'binary-ascii', maxLength: 80 }).map(input => shell(input, input)))
    .map(all => all.flat())
  fc.assert(
    fc.property(
      fc.oneof(
        fc.string().map(answered),
        fc.anything().map(value => structured(value, '')),
      ),
      events,
      (end, all) => {
        expect(['pass', 'fail', 'inconclusive']).toContain(judged(end, all).value)
      },
    ),
  )
})
