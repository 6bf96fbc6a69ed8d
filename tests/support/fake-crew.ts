/** A project whose only agent is the fixture program fake-claude: whole runs in boxes, without a model and in no time. */
import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { RunWish } from '../../src/app.ts'
import { compiled } from './compiled.ts'
import { makeRepository } from './git-repository.ts'

/** `fake-claude` asks the gateway once; `instant-claude` and `chatty-claude` (a hundred lines a second) ask nobody. */
export type FakeAgent = 'fake-claude' | 'instant-claude' | 'chatty-claude'

export const fakeAgentPath = (agent: FakeAgent): string =>
  fileURLToPath(new URL(`../fixtures/programs/${agent}`, import.meta.url))

/** Answers the one request of each fake agent; what is said is not read. */
export const scenarioText = `
goal: Anything at all.
tasks: {}
defaults:
  worker: { steps: [{ answer: Done. }] }
  researcher: { steps: [{ answer: Done. }] }
  verifier: { steps: [{ answer: Done. }], verdict: pass }
`

export interface FakeProject {
  /** The operator's repository. */
  root: string
  /** The whole environment of AgentLab's processes. */
  env: Record<string, string>
}

/** Makes repository, home and configuration below `dir`; `agentlab.yaml` has a set-up and one check that always pass. */
export const makeFakeProject = (dir: string, agent: FakeAgent = 'fake-claude'): FakeProject => {
  const root = makeRepository(dir, { 'README.md': 'Hello\n', 'seed.txt': 'seed\n', 'agentlab.yaml': yaml })
  return { root, env: fakeEnvironment(dir, agent) }
}

/** Makes home and the operator's configuration below `dir`, and gives the whole environment of AgentLab's processes. */
export const fakeEnvironment = (dir: string, agent: FakeAgent): Record<string, string> => {
  const home = join(dir, 'home')
  mkdirSync(join(home, '.config', 'agentlab'), { recursive: true })
  writeFileSync(
    join(home, '.config', 'agentlab', 'config.yaml'),
    `agents: {claude: {path: ${JSON.stringify(fakeAgentPath(agent))}}}\n`,
  )
  // A PATH of its own: the machine's other agents are none of these tests' business.
  const bin = join(dir, 'bin')
  mkdirSync(bin)
  symlinkSync(process.execPath, join(bin, 'node'))
  return { PATH: `${bin}:/usr/bin:/bin`, HOME: home, XDG_STATE_HOME: join(dir, 'state'), LANG: 'C.UTF-8', ...compiled }
}

const yaml = `
checks:
  - name: seed
    command: [test, -f, built.txt]
setup:
  command: [cp, seed.txt, built.txt]
  inputs: [seed.txt]
`

export const fakeWish = (planText: string, over: Partial<RunWish> = {}): RunWish => ({
  goal: 'Anything at all.',
  planText,
  scenarioText,
  lane: null,
  workers: ['claude'],
  maxParallel: 1,
  unboxed: false,
  sameVendor: true,
  ...over,
})
