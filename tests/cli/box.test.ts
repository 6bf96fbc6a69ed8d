/** `agentlab box` as a person or a script uses it: streams, words, exit codes, signals, and what stays behind: nothing. */
import { type ChildProcess, spawn } from 'node:child_process'
import { chownSync, existsSync, lstatSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { checkoutDigest } from '../support/checkout-digest.ts'
import { shellGit, writeFiles } from '../support/git-repository.ts'
import { processesBelow } from '../support/seat-processes.ts'
import { runAtTerminal } from '../support/terminal.ts'
import { agentlab, main, makeWorld, type World } from './world.ts'

const stateRoot = (world: World): string => join(world.scratch, 'state', 'agentlab')
const left = (world: World): string[] => (existsSync(stateRoot(world)) ? readdirSync(stateRoot(world)) : [])

const start = (world: World, args: string[]) => {
  const child: ChildProcess = spawn(process.execPath, [main, 'box', ...args], { cwd: world.repository, env: world.env })
  const said = { stdout: '', stderr: '' }
  child.stdout!.on('data', data => (said.stdout += data))
  child.stderr!.on('data', data => (said.stderr += data))
  const ended = new Promise<number | null>(done => child.on('close', done))
  const prints = async (text: string): Promise<void> => {
    while (!said.stdout.includes(text)) await new Promise(done => child.stdout!.once('data', done))
  }
  return { child, said, ended, prints }
}

test('gives a command its streams, its words as they are and its exit code back, and leaves nothing', async () => {
  const world = makeWorld()
  const before = checkoutDigest(world.repository)
  const script = 'cat; printf "%s|" "$@"; echo talk >&2; test -f README.md; git log --format=%s; exit 3'
  const words = ['two words', 'line\nbreak', '', '*', '$HOME', '--json', '-x']
  const { exit, stdout, stderr } = await agentlab(world, ['box', '--', 'sh', '-c', script, 'sh', ...words], {
    input: 'from a pipe\n',
  })
  const subject = shellGit(world.repository, ['log', '-1', '--format=%s'])
  expect({ exit, stdout, stderr }).toEqual({
    exit: 3,
    stdout: `from a pipe\n${words.join('|')}|${subject}\n`,
    stderr: 'talk\n',
  })
  expect(checkoutDigest(world.repository)).toBe(before)
  expect(left(world)).toEqual([])
  expect(JSON.parse((await agentlab(world, ['runs', '--json'])).stdout)).toEqual([])
})

test('runs a file of HEAD that can be executed, and follows no way out of the workspace', async () => {
  const world = makeWorld()
  writeFiles(world.repository, { 'bin/tool': { executable: '#!/bin/sh\necho "tool $1"\n' } })
  shellGit(world.repository, ['add', '.'])
  shellGit(world.repository, ['-c', 'user.name=a', '-c', 'user.email=a@b', 'commit', '-q', '-m', 'tool'])
  expect(await agentlab(world, ['box', '--', './bin/tool', 'x'])).toEqual({ exit: 0, stdout: 'tool x\n', stderr: '' })
  expect((await agentlab(world, ['box', '--', '../../../../../../bin/sh', '-c', 'true'])).exit).toBe(127)
})

test('works where the only commit is an empty one, and in lane private; the workspace is writable and private', async () => {
  const world = makeWorld()
  const repository = join(world.scratch, 'bare-bones')
  shellGit(world.scratch, ['init', '-q', '-b', 'trunk', repository])
  shellGit(repository, ['-c', 'user.name=a', '-c', 'user.email=a@b', 'commit', '-q', '--allow-empty', '-m', 'first'])
  const script = 'echo x > new && git add new && git commit -qm second && git log --format=%s; ls -A | wc -l'
  const { exit, stdout, stderr } = await agentlab(world, ['box', '--lane', 'private', '--', 'sh', '-c', script], {
    cwd: repository,
  })
  expect({ exit, stdout, stderr }).toEqual({ exit: 0, stdout: 'second\nfirst\n2\n', stderr: '' })
  expect(shellGit(repository, ['log', '--all', '--format=%s'])).toBe('first')
  expect(readdirSync(repository)).toEqual(['.git'])
})

test('shows the operator’s things to nobody, and has no network but the gate, which sends nothing', async () => {
  const world = makeWorld()
  writeFiles(world.env.HOME!, { '.ssh/id_ed25519': 'SECRET\n' })
  Object.assign(world.env, { ANTHROPIC_API_KEY: 'SECRET-key' })
  const post = `
    const url = process.env.ANTHROPIC_BASE_URL
    const headers = { 'x-api-key': process.env.ANTHROPIC_API_KEY, 'content-type': 'application/json' }
    const body = JSON.stringify({ model: 'claude-sonnet-4-5', max_tokens: 1, messages: [] })
    const answer = await fetch(url + '/v1/messages', { method: 'POST', headers, body })
    console.log((await fetch(new URL('/', url))).status, answer.status, await answer.text())
    await fetch('http://127.0.0.1:9').catch(() => console.log('nobody else'))`
  const script = 'env; cat "$1/.ssh/id_ed25519" "$2/README.md"; node --input-type=module -e "$3"'
  const words = ['sh', world.env.HOME!, world.repository, post]
  const { stdout, stderr } = await agentlab(world, ['box', '--worker', 'claude', '--', 'sh', '-c', script, ...words])
  expect(stdout).toContain('ANTHROPIC_BASE_URL=http://127.0.0.1:')
  expect(stdout).toMatch(/^200 403 .*agentlab box sends nothing to a model, because there is no run/m)
  expect(stdout).toContain('nobody else')
  expect(stdout + stderr).not.toContain('SECRET')
  expect(stderr.match(/No such file|Permission denied/g)).toHaveLength(2)
})

test('a command killed by a signal ends with 128 and the signal, a missing program with 127', async () => {
  const world = makeWorld()
  const killed = await agentlab(world, ['box', '--', 'sh', '-c', 'kill -TERM $$'])
  expect(killed).toEqual({ exit: 143, stdout: '', stderr: '' })
  const missing = await agentlab(world, ['box', '--', 'no such program', 'x'])
  expect(missing).toMatchObject({ exit: 127, stdout: '' })
  expect(missing.stderr).toMatch(/agentlab box failed on no such program: there is no such program\n {2}→ /)
  expect(left(world)).toEqual([])
})

test('SIGINT is the command’s own to answer; without a terminal a second one ends it', async () => {
  const world = makeWorld()
  const patient = start(world, ['--', 'bash', '-c', 'trap "echo no" INT; echo ready; while :; do sleep 0.05; done'])
  await patient.prints('ready')
  patient.child.kill('SIGINT')
  await patient.prints('no')
  patient.child.kill('SIGINT')
  expect(await patient.ended).toBe(137)
  const plain = start(world, ['--', 'bash', '-c', 'echo ready; sleep 60; echo went on'])
  await plain.prints('ready')
  plain.child.kill('SIGINT')
  expect(await plain.ended).toBe(130)
  expect(plain.said).toEqual({ stdout: 'ready\n', stderr: '' })
  expect(left(world)).toEqual([])
})

test('SIGTERM ends the command in order; what a kill leaves is gone with the next box or by gc', async () => {
  const world = makeWorld()
  const told = start(world, [
    '--',
    'bash',
    '-c',
    'trap "echo bye; exit 0" TERM; echo ready; while :; do sleep 0.05; done',
  ])
  await told.prints('ready')
  told.child.kill('SIGTERM')
  expect(await told.ended).toBe(130)
  expect(told.said.stdout).toBe('ready\nbye\n')
  expect(left(world)).toEqual([])
  const killed = start(world, ['--', 'sh', '-c', 'echo ready; sleep 60'])
  await killed.prints('ready')
  killed.child.kill('SIGKILL')
  await killed.ended
  const [name, ...more] = left(world)
  expect([name, more]).toEqual([expect.stringMatching(/^box-/), []])
  while (processesBelow(join(stateRoot(world), name!)).length > 0) await new Promise(done => setTimeout(done, 20))
  await agentlab(world, ['runs', '-f'])
  expect((await agentlab(world, ['gc', '--dry-run'])).stdout).toMatch(/^remove +box +box-.*its command was killed/)
  expect((await agentlab(world, ['box', '--', 'true'])).exit).toBe(0)
  expect(left(world).filter(one => one.startsWith('box-'))).toEqual([])
})

test('at a terminal the command has one of its own, which Ctrl-C belongs to, and the operator’s is given back', async () => {
  const world = makeWorld()
  const script = 'test -t 0 && test -t 1 && : >/dev/tty && stty size; trap "echo no; exit 3" INT; echo ready; sleep 60'
  const shown = await runAtTerminal({
    scratch: world.scratch,
    cwd: world.repository,
    // bash waits for what it started and then sees to its trap: the signal must have come to both.
    command: `stty rows 33 cols 77; "$NODE" "$MAIN" box -- bash -c '${script}'; code=$?; stty -a | grep -o " icanon"; exit $code`,
    env: { ...world.env, NODE: process.execPath, MAIN: main },
    prompt: 'ready',
    answer: '\u0003',
  })
  expect(shown.text).toMatch(/33 77\nready\n\^?C?\s*no\n/)
  expect(shown.text).toContain(' icanon')
  expect(shown.exit).toBe(3)
  expect(left(world)).toEqual([])
})

test('an ordinary user gets the same box', async context => {
  const world = makeWorld()
  if (process.getuid?.() === 0) {
    world.uid = 65_534
    give(world.scratch, world.uid)
    const look = await agentlab(world, ['--version']).catch(() => null)
    if (look?.exit !== 0) return context.skip('an ordinary user can not read this checkout')
  }
  const { exit, stdout } = await agentlab(world, ['box', '--', 'sh', '-c', 'id -u; touch made; ls; exit 4'])
  expect({ exit, stdout }).toEqual({ exit: 4, stdout: `${world.uid ?? process.getuid?.()}\nREADME.md\nmade\n` })
})

const give = (path: string, uid: number): void => {
  chownSync(path, uid, uid)
  if (lstatSync(path).isDirectory()) for (const name of readdirSync(path)) give(join(path, name), uid)
}
