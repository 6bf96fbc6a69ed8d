/** The invariants that are absences: what no code path does, read from the code itself. */
import { describe, expect, test } from 'vitest'
import { roomOf, sourcesIn } from './sources.ts'

const src = sourcesIn('src')
const program = [...src, ...sourcesIn('tools'), ...sourcesIn('bin'), ...sourcesIn('bench')]

const paths = (files: { path: string }[]): string[] => files.map(file => file.path)

/** Code without its comments: a rule must not be broken, but it may be talked about. */
const code = (text: string): string => text.replace(/\/\*[\s\S]*?\*\//g, '').replace(/^\s*\/\/.*$/gm, '')

test('only tools/promote.ts and its own folder import the code that moves main', () => {
  const importers = program.filter(file => file.own.includes('src/git/promote.ts'))
  expect(importers.length).toBeGreaterThan(0)
  expect(paths(importers).filter(path => !/^tools\/promote(?:\.ts$|\/)/.test(path))).toEqual([])
})

test('nothing imports tools/promote.ts', () => {
  expect(paths(program.filter(file => file.own.includes('tools/promote.ts')))).toEqual([])
})

test('only the process room starts processes', () => {
  const starters = src.filter(file => file.builtin.includes('child_process') || file.packages.includes('execa'))
  expect(starters.length).toBeGreaterThan(0)
  expect(paths(starters.filter(file => roomOf(file.path) !== 'process'))).toEqual([])
})

test('no process is started through a shell', () => {
  const shells = /\bshell:\s*(?:true|['"`])|(?<![.\w])exec\(|\bexecSync\(|['"`](?:ba|z|da)?sh['"`],\s*\[\s*['"`]-l?c/
  const room = program.filter(file => roomOf(file.path) === 'process' || file.builtin.includes('child_process'))
  expect(room.length).toBeGreaterThan(0)
  expect(paths(room.filter(file => file.path.startsWith('src/') && shells.test(code(file.text))))).toEqual([])
})

test('only the git room runs git', () => {
  const runsGit = /\b(?:run|execa|spawn|spawnSync|execFile|execFileSync)\(\s*(?:'git'|"git"|gitPath\b)/
  expect(paths(src.filter(file => roomOf(file.path) !== 'git' && runsGit.test(code(file.text))))).toEqual([])
})

test('only the box command starts a foreign process', () => {
  const startsForeign = /^import \{[^}]*\blaunch\b[^}]*\} from '[^']*process\/launch\.ts'/m
  const launchers = src.filter(file => startsForeign.test(file.text))
  expect(paths(launchers)).toEqual(['src/app/box-command.ts'])
})

test('adapters return a command and never spawn, listen or open the store', () => {
  const forbidden = ['child_process', 'net', 'http', 'https']
  // The local loop is a program of its own, and this is how it asks: fetch with patience.
  const asks = 'src/workers/local/wire/patient-fetch.ts'
  expect(code(src.find(file => file.path === asks)!.text)).not.toMatch(/createServer|listen\(/)
  for (const file of src.filter(one => roomOf(one.path) === 'workers' && one.path !== asks)) {
    expect(
      file.builtin.filter(name => forbidden.includes(name)),
      file.path,
    ).toEqual([])
  }
})

test('nothing in the program pushes, and nothing force-moves a branch', () => {
  const pushes = /['"`]push['"`]\s*,|'--force'|'-f',\s*'(?:main|master)'/
  expect(paths(src.filter(file => roomOf(file.path) === 'git' && pushes.test(code(file.text))))).toEqual([])
})

test('no text is kept that did not go through the redactor', () => {
  const keepers = src.filter(file => /\bcontent\.add\(|\bopenTranscript = /.test(code(file.text)))
  expect(paths(keepers).sort()).toEqual([
    'src/app/client.ts',
    'src/app/export/import-run.ts',
    'src/app/host.ts',
    'src/app/reject.ts',
    'src/app/transcript.ts',
  ])
  expect(paths(keepers.filter(file => !file.own.some(path => path.startsWith('src/domain/redaction/'))))).toEqual([])
})

test('the brain knows no clock, no chance and no disk', () => {
  for (const file of src.filter(one => roomOf(one.path) === 'supervisor')) {
    expect(file.builtin, file.path).toEqual([])
    expect(code(file.text), file.path).not.toMatch(/\bDate\b|Math\.random|\bprocess\.(?!.*Alarm)/)
  }
})

test('no program file uses syntax that Node 22 does not know', () => {
  // Types are stripped, not compiled: `using` would reach the oldest Node we support as it stands.
  for (const file of program) expect(code(file.text), file.path).not.toMatch(/^\s*(?:await )?using \w+ =/m)
})

test('no TypeScript file has a default export, a stub or an unfinished note', () => {
  for (const file of [...program, ...sourcesIn('tests')].filter(one => !one.path.startsWith('tests/architecture/'))) {
    expect(code(file.text), file.path).not.toMatch(/^export default/m)
    expect(file.text, file.path).not.toMatch(/\b(?:TODO|FIXME|XXX)\b/)
  }
})

describe('size', () => {
  /** Longer than a file should be, and why it may. */
  const exceptions: Record<string, string> = {}
  const mostLines = 400

  test('no file is longer than a person reads in one go', () => {
    const long = program.filter(file => file.lines > mostLines && exceptions[file.path] === undefined)
    expect(long.map(file => `${file.path}: ${file.lines}`)).toEqual([])
  })

  test('most files say one thing: half of them within 80 lines, nine of ten within 180', () => {
    const lines = src.map(file => file.lines).sort((a, b) => a - b)
    expect(lines[Math.floor(lines.length / 2)]).toBeLessThanOrEqual(80)
    expect(lines[Math.floor(lines.length * 0.9)]).toBeLessThanOrEqual(180)
  })
})

test('every file opens with a sentence that says what it is for', () => {
  const openings = /^(?:#!.*\n)?(?:\/\*\*|\/\/ )/
  expect(paths(program.filter(file => !openings.test(file.text)))).toEqual([])
})
