import { chmod, mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { WorkerName } from '../../src/domain/lane.ts'
import { findInstallation } from '../../src/workers/locate.ts'

const packageRoot = join(import.meta.dirname, '../..')
const scratchRoot = join(packageRoot, '.scratch')
let scratch: string

beforeAll(async () => {
  await mkdir(scratchRoot, { recursive: true })
  scratch = await mkdtemp(join(scratchRoot, 'locate-'))
})
afterAll(() => rm(scratch, { recursive: true, force: true }))

const find = (worker: WorkerName, pathEnv: string, override: string | null = null, isTrial = true) =>
  findInstallation({
    worker,
    program: worker,
    pathEnv,
    override,
    nodePath: process.execPath,
    home: join(scratch, 'home'),
    isTrial,
  })

const program = async (path: string, text: string): Promise<string> => {
  const file = join(scratch, path)
  await mkdir(dirname(file), { recursive: true })
  await writeFile(file, text)
  await chmod(file, 0o755)
  return file
}

describe('the real CLIs', () => {
  const binaries = join(packageRoot, 'node_modules/.bin')
  it('claude is a program of its own', async () => {
    const found = await find('claude', binaries)
    expect(found).toMatchObject({ prefixArgs: [], version: '2.1.329' })
  }, 60_000)
  it('codex is the native program behind its launcher', async () => {
    const found = await find('codex', binaries)
    expect(found).toMatchObject({ prefixArgs: [], version: '0.169.0' })
    expect(found?.file).toMatch(/\/vendor\/[^/]+\/bin\/codex$/)
    expect(found?.prefixes).toEqual([dirname(dirname(found!.file))])
  }, 60_000)
  it('gemini is a script for our node', async () => {
    const found = await find('gemini', binaries)
    expect(found).toMatchObject({ file: process.execPath, version: '0.61.0' })
    expect(found?.prefixes).toContain(join(packageRoot, 'node_modules/@google/gemini-cli'))
  }, 60_000)
})

it('finds nothing where nothing is', async () => {
  expect(await find('claude', join(scratch, 'empty'))).toBeNull()
})

it('takes the operator’s own choice before PATH', async () => {
  const chosen = await program('chosen/my-claude', '#!/bin/sh\necho 9.8.7 "(Claude Code)"\n')
  expect(await find('claude', '', chosen)).toMatchObject({
    file: chosen,
    version: '9.8.7',
    prefixes: [dirname(chosen)],
  })
})

it('never opens the home directory for a script in ~/bin', async () => {
  const script = await program('home/bin/gemini', '#!/usr/bin/env node\nconsole.log("1.2.3")\n')
  await writeFile(join(scratch, 'home', 'package.json'), '{}')
  await symlink(script, join(scratch, 'gemini'))
  const found = await find('gemini', scratch)
  expect(found).toMatchObject({ prefixArgs: [script], version: '1.2.3' })
  expect(found?.prefixes).not.toContain(join(scratch, 'home'))
})

it.each([
  ['says no version', '#!/bin/sh\necho hello\n', /did not say its version/],
  ['fails', '#!/bin/sh\nexit 3\n', /did not say its version/],
])('refuses a program that %s', async (_, text, message) => {
  const broken = await program('broken/claude', text)
  await expect(find('claude', dirname(broken))).rejects.toThrowError(message)
})

it('refuses a choice that is no program', async () => {
  await expect(find('claude', '', join(scratch, 'nothing-here'))).rejects.toThrowError(/not an executable file/)
})

it('believes the version of the package a program came with, unless it is to be tried', async () => {
  const text = '#!/bin/sh\necho 9.9.9\n'
  const claude = await program('packaged/node_modules/@anthropic-ai/claude-code/bin/claude', text)
  const manifest = { name: '@anthropic-ai/claude-code', version: '2.0.1' }
  await writeFile(join(dirname(dirname(claude)), 'package.json'), JSON.stringify(manifest))
  expect((await find('claude', dirname(claude), null, false))?.version).toBe('2.0.1')
  expect((await find('claude', dirname(claude), null, true))?.version).toBe('9.9.9')
})

it('asks a program whose package is another one', async () => {
  const claude = await program('other/claude', '#!/bin/sh\necho 1.2.3\n')
  await writeFile(join(dirname(claude), 'package.json'), JSON.stringify({ name: 'mine', version: '7.0.0' }))
  expect((await find('claude', dirname(claude), null, false))?.version).toBe('1.2.3')
})
