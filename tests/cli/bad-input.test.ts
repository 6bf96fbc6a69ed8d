/** Bad input, a row a case: the exit code, what is said and what to do, and that nothing was changed. */
import { execFileSync } from 'node:child_process'
import {
  chmodSync,
  chownSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, onTestFinished, test } from 'vitest'
import { takeLock } from '../../src/store/lock.ts'
import { checkoutDigest } from '../support/checkout-digest.ts'
import { removeScratch, shellGit, writeFiles } from '../support/git-repository.ts'
import { agentlab, dataDirIn, fakeProgram, makeWorld, type World } from './world.ts'

const mounts: string[] = []
afterAll(() => {
  for (const mount of mounts) execFileSync('umount', [mount])
})

const config = (text: string) => (world: World) => {
  writeFiles(world.repository, { 'agentlab.yaml': text })
  return { args: ['task', '--rehearse', 'hello', 'Say hello'] }
}

interface Case {
  prepare(world: World): { args: string[]; cwd?: string; input?: string | Buffer }
  exit: number
  says: RegExp
  cure: RegExp
}

const outside = (): string => {
  const directory = mkdtempSync(join(tmpdir(), 'agentlab-outside-'))
  onTestFinished(() => removeScratch(directory))
  return directory
}

const cases: Record<string, Case> = {
  'no repository': {
    prepare: () => ({ args: ['task', 'x'], cwd: outside() }),
    exit: 2,
    says: /failed on \/.*not in a git repository/,
    cure: /git init/,
  },
  'a bare repository': {
    prepare: world => {
      shellGit(world.scratch, ['clone', '-q', '--bare', world.repository, 'bare.git'])
      return { args: ['task', 'x', '--repo', join(world.scratch, 'bare.git')] }
    },
    exit: 2,
    says: /the repository is bare/,
    cure: /Clone it/,
  },
  'a repository without a commit': {
    prepare: world => {
      shellGit(world.scratch, ['init', '-q', '-b', 'main', 'empty'])
      return { args: ['task', 'x', '--repo', join(world.scratch, 'empty')] }
    },
    exit: 2,
    says: /has no commit yet/,
    cure: /git commit --allow-empty/,
  },
  'a git that is too old': {
    prepare: world => {
      fakeProgram(world, 'git', 'echo git version 2.30.2')
      return { args: ['task', 'x'] }
    },
    exit: 2,
    says: /version 2\.30\.2 is older than 2\.38/,
    cure: /Install git 2\.38/,
  },
  'an empty goal': {
    prepare: () => ({ args: ['task', '  '] }),
    exit: 2,
    says: /the goal: it is empty/,
    cure: /agentlab task "/,
  },
  'no goal': { prepare: () => ({ args: ['task'] }), exit: 2, says: /the goal: it is empty/, cure: /agentlab task "/ },
  'a goal of 1 MB': {
    prepare: () => ({ args: ['task', '-'], input: 'x'.repeat(1_048_576) }),
    exit: 2,
    says: /more than 512 KiB/,
    cure: /shorter goal/,
  },
  'a goal full of control characters': {
    prepare: () => ({ args: ['task', 'a\u001b[2J\u0007\u0001'] }),
    exit: 2,
    says: /control character U\+001B at position 2/,
    cure: /plain text/,
  },
  'a goal that is not UTF-8': {
    prepare: () => ({ args: ['task', '-'], input: Buffer.from([0x47, 0x72, 0xfc, 0xdf, 0x65]) }),
    exit: 2,
    says: /at position 3 it holds bytes that are not UTF-8/,
    cure: /iconv/,
  },
  'a plan that is not UTF-8': {
    prepare: world => {
      writeFileSync(join(world.scratch, 'plan.yaml'), Buffer.from([0x23, 0xfc, 0x0a]))
      return { args: ['task', 'x', '--plan', join(world.scratch, 'plan.yaml')] }
    },
    exit: 2,
    says: /plan\.yaml: it is not UTF-8/,
    cure: /in UTF-8/,
  },
  '--repo that is nowhere': {
    prepare: () => ({ args: ['runs', '--repo', '/nowhere/at/all'] }),
    exit: 2,
    says: /failed on \/nowhere\/at\/all: there is no such directory/,
    cure: /git init/,
  },
  '--repo that is a file': {
    prepare: world => ({ args: ['cancel', 'x', '--repo', join(world.repository, 'README.md')] }),
    exit: 2,
    says: /README\.md: it is a file, not a directory/,
    cure: /Go to a git repository/,
  },
  '--repo that is a file, for a reader': {
    prepare: world => ({ args: ['runs', '--repo', join(world.repository, 'README.md')] }),
    exit: 2,
    says: /README\.md: it is a file, not a directory/,
    cure: /Go to a git repository/,
  },
  'a bare repository below another one, for a reader': {
    prepare: world => {
      shellGit(world.repository, ['clone', '-q', '--bare', '.', '.git/below.git'])
      return { args: ['events', '--repo', join(world.repository, '.git', 'below.git')] }
    },
    exit: 2,
    says: /the repository is bare/,
    cure: /Clone it/,
  },
  'a misspelt key': {
    prepare: config('\nchekcs: []\n'),
    exit: 2,
    says: /agentlab\.yaml:2: chekcs is not a known key; did you mean "checks"\?/,
    cure: /Correct the file/,
  },
  'a value of the wrong type': {
    prepare: config('limits: {tokens: many}'),
    exit: 2,
    says: /agentlab\.yaml:1: limits\.tokens must be a number/,
    cure: /Correct the file/,
  },
  "a key of the operator's in the repository's file": {
    prepare: config('upstreams: {anthropic: "https://evil.example"}'),
    exit: 2,
    says: /agentlab\.yaml:1: upstreams sets an address, which a repository can't do: it belongs in ~\/\.config\/agentlab\/config\.yaml/,
    cure: /Correct the file/,
  },
  'a shell string as a check': {
    prepare: config('checks: [{name: t, command: "a && b"}]'),
    exit: 2,
    says: /checks\[0\]\.command holds "&", which only a shell understands/,
    cure: /Correct the file/,
  },
  'a looser limit': {
    prepare: config('limits: {tokens: 99999999999}'),
    exit: 2,
    says: /looser than your 20000000/,
    cure: /Lower it in agentlab\.yaml/,
  },
  'a configuration that is a link': {
    prepare: world => {
      symlinkSync('/etc/passwd', join(world.repository, 'agentlab.yaml'))
      return { args: ['task', 'x'] }
    },
    exit: 2,
    says: /agentlab\.yaml: it is a symbolic link/,
    cure: /regular file/,
  },
  'an unknown command': {
    prepare: () => ({ args: ['taks', 'x'] }),
    exit: 2,
    says: /unknown command 'taks'/,
    cure: /Did you mean task/,
  },
  'an unknown option': {
    prepare: () => ({ args: ['task', 'x', '--rehears', 'y'] }),
    exit: 2,
    says: /unknown option '--rehears'/,
    cure: /Did you mean --rehearse/,
  },
  'a scenario that is neither built in nor a file': {
    prepare: () => ({ args: ['task', '--rehearse', 'privat', 'x'] }),
    exit: 2,
    says: /failed on --rehearse privat: there is no such file/,
    cure: /Give --rehearse hello, private, or a readable file/,
  },
  'an unknown lane': {
    prepare: () => ({ args: ['task', 'x', '--lane', 'public'] }),
    exit: 2,
    says: /--lane "public" is no lane/,
    cure: /enterprise, personal, private/,
  },
  'a misspelt option of doctor': {
    prepare: () => ({ args: ['doctor', '--wals'] }),
    exit: 2,
    says: /unknown option '--wals'/,
    cure: /Did you mean --walls/,
  },
  'walls to be tried with a configuration that can not be read': {
    prepare: world => {
      writeFiles(world.env.HOME!, { '.config/agentlab/config.yaml': 'lanes: {private: {providers: [anthropic]}}\n' })
      return { args: ['doctor', '--walls'] }
    },
    exit: 2,
    says: /config\.yaml:1: lanes\.private\.providers/,
    cure: /Correct the file/,
  },
  'an unknown agent': {
    prepare: () => ({ args: ['task', 'x', '--agents', 'claude,clod'] }),
    exit: 2,
    says: /names "clod"/,
    cure: /claude, codex, gemini/,
  },
  'a box without a command': {
    prepare: () => ({ args: ['box', '--lane', 'private'] }),
    exit: 2,
    says: /missing required argument 'command'/,
    cure: /agentlab box --help/,
  },
  'a box of an unknown lane': {
    prepare: () => ({ args: ['box', '--lane', 'secret', '--', 'true'] }),
    exit: 2,
    says: /box failed on its options: --lane "secret" is no lane/,
    cure: /enterprise, personal, private/,
  },
  'a box of an unknown worker': {
    prepare: () => ({ args: ['box', '--worker', 'clod', '--', 'true'] }),
    exit: 2,
    says: /--worker "clod" is no worker/,
    cure: /claude, codex, gemini/,
  },
  'a box without a commit to put into it': {
    prepare: world => {
      shellGit(world.scratch, ['init', '-q', '-b', 'main', 'empty'])
      return { args: ['box', '--', 'true'], cwd: join(world.scratch, 'empty') }
    },
    exit: 2,
    says: /has no commit yet/,
    cure: /git commit --allow-empty/,
  },
  'a plan that is not there': {
    prepare: () => ({ args: ['task', 'x', '--plan', 'none.yaml'] }),
    exit: 2,
    says: /--plan none\.yaml: there is no such file/,
    cure: /readable file/,
  },
  'a run that is not there': {
    prepare: () => ({ args: ['show', 'zzz'] }),
    exit: 2,
    says: /"zzz": there is no such run/,
    cure: /agentlab task/,
  },
  'a data dir under the temporary folder': {
    prepare: world => {
      world.env.XDG_STATE_HOME = '/tmp/agentlab-state'
      return { args: ['task', '--rehearse', 'hello', 'Say hello'] }
    },
    exit: 2,
    says: /lies under the temporary folder \/tmp/,
    cure: /Set XDG_STATE_HOME/,
  },
}

/** The operator's file, then the words of a command. */
const operator =
  (text: string, ...args: string[]) =>
  (world: World) => {
    writeFiles(world.env.HOME!, { '.config/agentlab/config.yaml': text })
    return { args }
  }

const casesOfLanes: Record<string, Case> = {
  'a provider that is none': {
    prepare: operator('lanes: {personal: {providers: [mistral]}}', 'task', 'x'),
    exit: 2,
    says: /providers\[0\] must be one of anthropic, openai, google, local/,
    cure: /Correct the file/,
  },
  'a provider the lane can never have': {
    prepare: operator('lanes: {private: {providers: [local, anthropic]}}', 'task', 'x'),
    exit: 2,
    says: /providers\[1\] must not be anthropic: lane private is for local at most/,
    cure: /Correct the file/,
  },
  'a model pattern that is none': {
    prepare: operator('lanes: {personal: {models: {anthropic: ["claude (any)"]}}}', 'task', 'x'),
    exit: 2,
    says: /models\.anthropic\[0\] must be a model's name, in which \* stands for/,
    cure: /Correct the file/,
  },
  'path rules that contradict each other': {
    prepare: config('paths: {"a/**": private, "a/b/**": enterprise}'),
    exit: 2,
    says: /agentlab\.yaml:1: paths\.a\/b\/\*\* can never win: a\/\*\* covers it and is private.*drop one of them/,
    cure: /Correct the file/,
  },
  'a route in a lane that is none': {
    prepare: () => ({ args: ['route', 'x', '--lane', 'public'] }),
    exit: 2,
    says: /route failed on its options: --lane "public" is no lane/,
    cure: /enterprise, personal, private/,
  },
  'a route in a lane looser than a path needs': {
    prepare: world => {
      writeFiles(world.repository, { 'agentlab.yaml': 'paths: {"a/**": private}' })
      return { args: ['route', '--path', 'a/b', 'x', '--lane', 'enterprise'] }
    },
    exit: 2,
    says: /failed on --lane enterprise: this run needs lane private: a\/\*\* is private \(agentlab\.yaml\): you name a\/b/,
    cure: /--loosen/,
  },
  'a path that is to be looser than the repository': {
    prepare: config('lane: private\npaths: {"a/**": enterprise}'),
    exit: 2,
    says: /agentlab\.yaml:2: paths\.a\/\*\* is looser than lane: private/,
    cure: /Correct the file/,
  },
}

const refusalsOfRequest: Record<string, Case> = {
  'a lane without a usable worker': {
    prepare: () => ({ args: ['task', 'x', '--lane', 'private'] }),
    exit: 2,
    says: /for lane private: claude: its provider \(anthropic\) may not see data of lane private; codex: .*\(openai\).*; gemini: .*\(google\)/,
    cure: /agentlab doctor/,
  },
  'an agent whose model its lane does not list': {
    prepare: operator(
      'agents: {claude: {model: big-1}}\nlanes: {personal: {models: {anthropic: ["claude-*"]}}}',
      'task',
      'x',
      '--agents',
      'claude',
    ),
    exit: 2,
    says: /claude: its model big-1 is not among those of lane personal \(claude-\*\)/,
    cure: /agentlab doctor/,
  },
  'an agent that may not work in the lane': {
    prepare: operator('lanes: {personal: {workers: [claude]}}', 'task', 'x', '--agents', 'gemini'),
    exit: 2,
    says: /gemini: it is not among the workers of lane personal \(claude\)/,
    cure: /agentlab doctor/,
  },
  'a lane looser than the repository needs': {
    prepare: world => {
      writeFiles(world.repository, { 'agentlab.yaml': 'lane: private' })
      return { args: ['task', 'x', '--lane', 'personal', '--rehearse', 'hello'] }
    },
    exit: 2,
    says: /failed on --lane personal: this run needs lane private: agentlab\.yaml says lane: private/,
    cure: /Leave --lane away, or loosen it yourself at a terminal/,
  },
  '--loosen without a lane': {
    prepare: () => ({ args: ['task', 'x', '--loosen'] }),
    exit: 2,
    says: /--loosen names no lane/,
    cure: /--lane personal --loosen/,
  },
  'a merge of main in a lane looser than the repository needs': {
    prepare: world => {
      writeFiles(world.repository, { 'agentlab.yaml': 'lane: private' })
      return { args: ['sync', '--resolve', '--lane', 'personal', '--rehearse', 'hello'] }
    },
    exit: 2,
    says: /failed on --lane personal: this run needs lane private/,
    cure: /--loosen/,
  },
  'a merge of main that somebody else than a person loosens': {
    prepare: world => {
      writeFiles(world.repository, { 'agentlab.yaml': 'lane: private' })
      return { args: ['sync', '--resolve', '--lane', 'personal', '--loosen'] }
    },
    exit: 2,
    says: /sync failed on --loosen: only a person at a terminal loosens a lane/,
    cure: /agentlab sync --lane personal --loosen --resolve/,
  },
  '--unboxed where the lane does not allow it': {
    prepare: world => {
      world.env.ANTHROPIC_API_KEY = 'none'
      return { args: ['task', 'x', '--unboxed', '--agents', 'claude', '--same-vendor'] }
    },
    exit: 2,
    says: /failed on --unboxed: lane personal is not run without its box/,
    cure: /lanes: \{personal: \{unboxed: true\}\}/,
  },
  '--unboxed in lane private, even in a rehearsal': {
    prepare: () => ({ args: ['task', 'x', '--unboxed', '--rehearse', 'hello', '--lane', 'private'] }),
    exit: 2,
    says: /failed on --unboxed: lane private is not run without its box/,
    cure: /Leave it out/,
  },
  'a box looser than the repository': {
    prepare: world => {
      writeFiles(world.repository, { 'agentlab.yaml': 'lane: enterprise\n' })
      return { args: ['box', '--lane', 'personal', '--', 'true'] }
    },
    exit: 2,
    says: /agentlab box failed on lane personal: it is looser than enterprise, which this repository needs: agentlab\.yaml says lane: enterprise/,
    cure: /Leave --lane out/,
  },
  'a box looser than a file in it': {
    prepare: world => {
      writeFiles(world.repository, { 'agentlab.yaml': 'paths: { "*.md": private }\n' })
      return { args: ['box', '--lane', 'enterprise', '--', 'true'] }
    },
    exit: 2,
    says: /looser than private, which this repository needs: \*\.md is private \(agentlab\.yaml\): it holds for README\.md/,
    cure: /Leave --lane out/,
  },
  'a box of a worker that the lane has not': {
    prepare: () => ({ args: ['box', '--lane', 'private', '--worker', 'gemini', '--', 'true'] }),
    exit: 2,
    says: /worker gemini: its provider \(google\) may not see data of lane private/,
    cure: /Leave --worker out/,
  },
  'a box of a worker whose program is missing': {
    prepare: world => {
      world.env.PATH = '/usr/bin:/bin'
      return { args: ['box', '--worker', 'claude', '--', 'true'] }
    },
    exit: 2,
    says: /worker claude: the program claude is not on PATH/,
    cure: /leave --worker out/,
  },
  'a box on a branch without a commit': {
    prepare: world => {
      shellGit(world.repository, ['symbolic-ref', 'HEAD', 'refs/heads/nothing'])
      return { args: ['box', '--', 'true'] }
    },
    exit: 2,
    says: /agentlab box failed on HEAD: it stands on a branch without a commit/,
    cure: /Switch to a branch that has commits/,
  },
  'a box for a program that is missing': {
    prepare: () => ({ args: ['box', '--', './tool'] }),
    exit: 127,
    says: /agentlab box failed on \.\/tool: there is no such program/,
    cure: /agentlab box -- \.\/tool/,
  },
  'a purge of nothing in particular': {
    prepare: () => ({ args: ['purge', '--yes'] }),
    exit: 2,
    says: /purge failed on its arguments: it is not said what is to be erased/,
    cure: /--run, --lane or --older-than/,
  },
  'a purge of a lane that is none': {
    prepare: () => ({ args: ['purge', '--lane', 'secret'] }),
    exit: 2,
    says: /secret/,
    cure: /personal, enterprise, private/,
  },
  'a purge older than no time': {
    prepare: () => ({ args: ['purge', '--older-than', 'ages'] }),
    exit: 2,
    says: /failed on --older-than "ages": it is no time/,
    cure: /90m, 12h, 3d, 2w/,
  },
  'a purge of a run where nothing ever ran': {
    prepare: () => ({ args: ['purge', '--run', 'k3m9'] }),
    exit: 2,
    says: /failed on "k3m9": there is no such run/,
    cure: /agentlab task/,
  },
  'a question that is empty': {
    prepare: () => ({ args: ['ask', ' \n '] }),
    exit: 2,
    says: /ask failed on the question: it is empty/,
    cure: /agentlab ask "/,
  },
  'a question of a megabyte': {
    prepare: () => ({ args: ['ask', '-'], input: 'a'.repeat(1024 * 1024) }),
    exit: 2,
    says: /ask failed on the question: it has more than 16 KiB/,
    cure: /--file PATH/,
  },
  'a question with an escape sequence': {
    prepare: () => ({ args: ['ask', 'a\u001b[2Jb'] }),
    exit: 2,
    says: /ask failed on the question: it holds a control character/,
    cure: /plain text/,
  },
  'a question in no lane': {
    prepare: () => ({ args: ['ask', 'x', '--lane', 'secret'] }),
    exit: 2,
    says: /argument 'secret' is invalid/,
    cure: /agentlab ask --help/,
  },
  'a question in a lane that no agent is allowed in': {
    prepare: () => ({ args: ['ask', 'x', '--lane', 'private'] }),
    exit: 2,
    says: /failed on choosing agents for lane private: claude: its provider \(anthropic\) may not see data/,
    cure: /Name a model server of yours .* agentlab doctor/,
  },
  'a question about a file outside': {
    prepare: () => ({ args: ['ask', 'x', '--file', '../x'] }),
    exit: 2,
    says: /ask failed on --file \.\.\/x: it lies outside of the repository/,
    cure: /as they are committed/,
  },
  'a question about a file that is not committed': {
    prepare: () => ({ args: ['ask', 'x', '--file', 'none.ts'] }),
    exit: 2,
    says: /ask failed on --file none\.ts: no such file in the commit/,
    cure: /as they are committed/,
  },
  'a question where there is no commit': {
    prepare: world => {
      shellGit(world.repository, ['update-ref', '-d', 'HEAD'])
      return { args: ['ask', 'x', '--rehearse', 'hello'] }
    },
    exit: 2,
    says: /the repository has no commit yet/,
    cure: /git commit --allow-empty/,
  },
  'a diagnosis of nothing': {
    prepare: () => ({ args: ['diagnose'], input: '\u0000\n \u001b[0m' }),
    exit: 2,
    says: /diagnose failed on its log: nothing readable came/,
    cure: /\| agentlab diagnose/,
  },
  'no agent CLI': {
    prepare: world => {
      world.env.PATH = '/usr/bin:/bin'
      return { args: ['task', '--rehearse', 'hello', 'Say hello'] }
    },
    exit: 2,
    says: /the program claude is not on PATH/,
    cure: /agentlab doctor/,
  },
  'no login': {
    prepare: () => ({ args: ['task', 'x'] }),
    exit: 2,
    says: /claude: not logged in \(needs ANTHROPIC_API_KEY/,
    cure: /agentlab doctor/,
  },
}

const refuses = async (row: Case, world: World): Promise<void> => {
  const { args, cwd, input } = row.prepare(world)
  const before = checkoutDigest(world.repository)
  const outcome = await agentlab(world, args, {
    ...(cwd === undefined ? {} : { cwd }),
    ...(input === undefined ? {} : { input }),
  })
  expect(outcome.stderr).toMatch(row.says)
  expect(outcome.stderr).toMatch(row.cure)
  expect(outcome).toMatchObject({ exit: row.exit, stdout: '' })
  expect(outcome.stderr).not.toMatch(/\n\s+at /)
  expect(checkoutDigest(world.repository)).toBe(before)
}

describe('is refused before anything is made on disk:', () => {
  test.each(Object.entries({ ...cases, ...casesOfLanes }))('%s', async (_, row) => {
    const world = makeWorld()
    await refuses(row, world)
    expect(existsSync(join(world.scratch, 'state'))).toBe(false)
  })
})

describe('is refused, and no run comes to be:', () => {
  test.each(Object.entries(refusalsOfRequest))('%s', async (_, row) => {
    const world = makeWorld()
    await refuses(row, world)
    expect(JSON.parse((await agentlab(world, ['runs', '--json'])).stdout)).toEqual([])
  })
})

test('where no namespaces can be had nothing starts, and --unboxed is named where the lane allows it', async context => {
  const world = makeWorld()
  const script =
    'case "$1" in --version) echo bubblewrap 0.8.0;; *) echo "bwrap: No permissions to create new namespace" >&2; exit 1;; esac'
  fakeProgram(world, 'bwrap', script)
  // A login that is none, for addresses where nobody listens: should the box wrongly be built, nothing leaves.
  Object.assign(world.env, { ANTHROPIC_API_KEY: 'none', GEMINI_API_KEY: 'none' })
  const closed = 'http://127.0.0.1:9'
  writeFiles(world.env.HOME!, {
    '.config/agentlab/config.yaml': `upstreams: {anthropic: "${closed}", google: "${closed}", openai: "${closed}"}\nlanes: {personal: {unboxed: true}}\n`,
  })
  const real = '/usr/bin/bwrap'
  const inside = ['--dev-bind', '/', '/', '--bind', join(world.scratch, 'bin', 'bwrap'), real, '--']
  try {
    execFileSync(real, [...inside, 'true'], { stdio: 'pipe' })
  } catch {
    return context.skip('needs a working bubblewrap to hide it')
  }
  const before = checkoutDigest(world.repository)
  const outcome = await agentlab(world, ['task', 'x'], { through: [real, ...inside] })
  expect(outcome.stderr).toMatch(/failed on building the box: user namespaces/)
  expect(outcome.stderr).toMatch(/→ .*agentlab task --unboxed/)
  expect(outcome).toMatchObject({ exit: 5, stdout: '' })
  expect(JSON.parse((await agentlab(world, ['runs', '--json'])).stdout)).toEqual([])
  const box = await agentlab(world, ['box', '--', 'touch', 'started'], { through: [real, ...inside] })
  expect(box.stderr).toMatch(/agentlab box failed on building the box: user namespaces: .*\n {2}→ /)
  expect(box).toMatchObject({ exit: 5, stdout: '' })
  expect(checkoutDigest(world.repository)).toBe(before)
})

test('two tasks at once both run, under one supervisor', async () => {
  const world = makeWorld()
  const task = (goal: string) => agentlab(world, ['task', '--rehearse', 'hello', goal])
  const outcomes = await Promise.all([task('Say hello'), task('Say hello again')])
  for (const { exit, stderr } of outcomes) expect(exit, stderr).toBe(0)
  const runs = JSON.parse((await agentlab(world, ['runs', '--json'])).stdout) as { outcome: string }[]
  expect(runs.map(run => run.outcome)).toEqual(['done', 'done'])
  const dataDir = dataDirIn(world)
  const log = readFileSync(join(dataDir, 'supervisor.log'), 'utf8')
  expect(log.match(/begins epoch/g)).toHaveLength(1)
})

test('an error is one JSON document with --json', async () => {
  const { stdout, exit } = await agentlab(makeWorld(), ['show', 'zzz', '--json'])
  expect(exit).toBe(2)
  expect(JSON.parse(stdout)).toEqual({
    error: { code: 'unknown-id', message: expect.any(String), cure: expect.any(String) },
  })
})

test('a supervisor ends at once where another holds the lock', async () => {
  const world = makeWorld()
  await agentlab(world, ['runs', '-f'])
  const dataDir = dataDirIn(world)
  const lock = takeLock(join(dataDir, 'supervisor.lock'), Date.now())
  try {
    const { exit, stdout } = await agentlab(world, ['supervise'])
    expect({ exit, stdout }).toEqual({ exit: 0, stdout: '' })
  } finally {
    lock?.release()
  }
})

const isRoot = process.getuid?.() === 0

test('a full disk is said, with the cure, and the repository stays as it was', async context => {
  const world = makeWorld()
  const state = join(world.scratch, 'state')
  mkdirSync(state)
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=64k', 'tmpfs', state], { stdio: 'pipe' })
    mounts.push(state)
  } catch {
    return context.skip('needs a mount of its own: root outside of a container')
  }
  const before = checkoutDigest(world.repository)
  const { exit, stderr } = await agentlab(world, ['task', '--rehearse', 'hello', 'Say hello'])
  expect(stderr).toMatch(/the disk is full/)
  expect(stderr).toMatch(/Free some space/)
  expect(exit).toBe(1)
  expect(checkoutDigest(world.repository)).toBe(before)
})

const giveAway = (path: string, uid: number): void => {
  chownSync(path, uid, uid)
  for (const entry of readdirSync(path, { withFileTypes: true })) {
    if (entry.isDirectory()) giveAway(join(path, entry.name), uid)
    else chownSync(join(path, entry.name), uid, uid)
  }
}

test('a state folder without permission is said, with the cure', async context => {
  const world = makeWorld()
  const state = join(world.scratch, 'state')
  mkdirSync(state)
  if (isRoot) {
    world.uid = 65534
    giveAway(world.scratch, world.uid)
    const look = await agentlab(world, ['--version']).catch(() => null)
    if (look?.exit !== 0) return context.skip('an ordinary user can not read this checkout')
  }
  chmodSync(state, 0o500)
  const { exit, stderr } = await agentlab(world, ['task', '--rehearse', 'hello', 'Say hello'])
  expect(stderr).toMatch(/failed on making .*: no permission/)
  expect(stderr).toMatch(/writable for you/)
  expect(exit).toBe(1)
  rmSync(state, { recursive: true })
})
