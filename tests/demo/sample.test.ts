import { mkdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { demoScenarioPath, prepareSample } from '../../src/demo/prepare-sample.ts'
import { parseScenario } from '../../src/rehearsal/scenario.ts'
import { makeScratch, removeScratch, shellGit } from '../support/git-repository.ts'

let scratch: string

beforeEach(() => {
  scratch = makeScratch('sample')
})
afterEach(() => removeScratch(scratch))

test('the sample is the same commit each time, clean, on main, with an operator', async () => {
  const commits: string[] = []
  for (const name of ['one', 'two']) {
    const directory = join(scratch, name, 'repo')
    mkdirSync(join(scratch, name))
    await prepareSample(directory)
    commits.push(shellGit(directory, ['rev-parse', 'main']))
    expect(shellGit(directory, ['status', '--porcelain'])).toBe('')
    expect(shellGit(directory, ['config', 'user.name'])).toBe('Demo Operator')
    expect(shellGit(directory, ['ls-files'])).toContain('package-lock.json')
  }
  expect(commits[0]).toBe(commits[1])
})

test('the scenario scripts every task it plans, over all three workers, with one question and one dependency', () => {
  const scenario = parseScenario(readFileSync(demoScenarioPath(), 'utf8'), 'scenario.yaml')
  const tasks = scenario.plan!.tasks
  expect(Object.keys(scenario.tasks).sort()).toEqual(tasks.map(task => task.key).sort())
  expect(new Set(tasks.map(task => task.worker))).toEqual(new Set(['claude', 'codex', 'gemini']))
  expect(tasks.filter(task => task.kind === 'research')).toHaveLength(1)
  expect(tasks.filter(task => task.dependsOn.length > 0)).not.toEqual([])
  expect(scenario.goal).toBe('Make worklog fit for invoices.')
})
