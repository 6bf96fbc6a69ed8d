/** `agentlab profile`: written whole, once, and never over a file that is not ours. */
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { profile } from '../../src/cli/commands/profile.ts'
import { callWith } from '../support/call.ts'
import { makeRepository, makeScratch, removeScratch } from '../support/git-repository.ts'

const scratch = makeScratch('profile')
afterAll(() => removeScratch(scratch))
const repository = makeRepository(scratch)
const { call } = callWith({ cwd: repository, env: { HOME: scratch } })

test('installs, does nothing the second time, and uninstalls', async () => {
  const dir = join(scratch, 'profiles')
  expect((await profile(call, 'install', { dir })).text).toBe(`wrote ${dir}/agentlab.json`)
  expect(JSON.parse(readFileSync(join(dir, 'agentlab.json'), 'utf8')).Profiles[0]['Working Directory']).toBe(repository)
  expect((await profile(call, 'install', { dir })).json).toMatchObject({ changed: false })
  expect(readdirSync(dir)).toEqual(['agentlab.json'])
  expect((await profile(call, 'uninstall', { dir })).json).toMatchObject({ changed: true })
  expect((await profile(call, 'uninstall', { dir })).json).toMatchObject({ changed: false })
  expect(readdirSync(dir)).toEqual([])
})

test('never touches a file that is not ours', async () => {
  const dir = join(scratch, 'foreign')
  mkdirSync(dir)
  writeFileSync(join(dir, 'agentlab.json'), '{"Profiles":[]}')
  for (const action of ['install', 'uninstall'] as const) {
    await expect(profile(call, action, { dir })).rejects.toMatchObject({ code: 'foreign-profile', exit: 2 })
  }
  expect(readFileSync(join(dir, 'agentlab.json'), 'utf8')).toBe('{"Profiles":[]}')
})
