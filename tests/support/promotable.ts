/** A repository as a finished run leaves it: integrations on `agent`, and a store that knows them. Real git, real store. */
import { join } from 'node:path'
import { dataDirOf, ensureDataDir } from '../../src/config/data-dir.ts'
import { unmeasured } from '../../src/domain/attempt.ts'
import type { LoopEvent } from '../../src/domain/event.ts'
import { taskIdOf } from '../../src/domain/ids.ts'
import { integrationCommit } from '../../src/git/integrate.ts'
import { moveBranch } from '../../src/git/ref-write.ts'
import { openRepository, type Repository } from '../../src/git/repository.ts'
import { openDatabase } from '../../src/store/database.ts'
import { createStore, type Store } from '../../src/store/store.ts'
import { compiled } from './compiled.ts'
import { commitFiles, type Files, makeRepository, shellGit } from './git-repository.ts'

export const runId = 'k3m9q2x7'

export interface Promotable {
  directory: string
  repository: Repository
  env: Record<string, string>
  store: Store
  main: string
  /** Integrates one more commit on `agent`; returns the integration. */
  integrate(files: Files, options?: { sameVendor?: boolean; recorded?: boolean }): Promise<string>
  /** Notes a check's result for the tree of `commit`. */
  check(commit: string, status: 'passed' | 'failed'): void
}

const content = 'c-0123456789abcdef'

export const makePromotable = async (
  scratch: string,
  config = 'checks: [{ name: test, command: "true" }]\n',
): Promise<Promotable> => {
  const directory = makeRepository(scratch, { 'agentlab.yaml': config, 'a.txt': 'a\n', 'b.txt': 'b\n' })
  const main = shellGit(directory, ['rev-parse', 'main'])
  shellGit(directory, ['branch', 'agent'])
  const repository = await openRepository(directory)
  const env = {
    PATH: process.env.PATH ?? '/usr/bin:/bin',
    HOME: scratch,
    TERM: 'xterm',
    LANG: 'C.UTF-8',
    XDG_STATE_HOME: join(scratch, 'state'),
    XDG_CONFIG_HOME: join(scratch, 'config'),
    ...compiled,
  }
  const dataDir = ensureDataDir(dataDirOf({ commonGitDir: repository.commonDir, env }))
  const store = createStore(openDatabase(join(dataDir, 'store.db')))
  const epoch = store.nextEpoch()
  const append = (event: LoopEvent): void => void store.events.append(event, Date.now(), epoch)
  append({ type: 'run.requested', runId, request: request() })
  append(planned([1, 2]))
  let number = 0
  return {
    directory,
    repository,
    env,
    store,
    main,
    integrate: async (files, { sameVendor = false, recorded = true } = {}) => {
      number += 1
      const taskId = `${runId}-${number}`
      const agent = shellGit(directory, ['rev-parse', 'agent'])
      const standsOn = shellGit(directory, ['symbolic-ref', '--short', 'HEAD'])
      shellGit(directory, ['checkout', '-q', '-b', `task/${taskId}/claude`, 'agent'])
      const tip = commitFiles(directory, files, `Task ${number}`)
      shellGit(directory, ['checkout', '-q', standsOn])
      const tree = shellGit(directory, ['rev-parse', `${tip}^{tree}`])
      const title = `Task number ${number}`
      const commit = await integrationCommit(repository, {
        agentTip: agent,
        taskTip: tip,
        tree,
        taskId,
        title,
        when: Date.now(),
      })
      await moveBranch(repository, { branch: 'agent', to: commit, expectedOld: agent })
      if (recorded) {
        const ids = { runId, taskId }
        append({
          ...ids,
          type: 'work.harvested',
          tip,
          base: agent,
          files: 1,
          added: 1,
          deleted: 0,
          uncommitted: false,
          findingsContentId: null,
        })
        append({
          ...ids,
          type: 'verdict.given',
          tip,
          verifier: sameVendor ? 'claude' : 'codex',
          value: 'pass',
          inconclusive: null,
          sameVendor,
          verdictContentId: null,
          findingsContentId: null,
          class: null,
          retryInMs: null,
          usage: unmeasured,
        })
        append({ ...ids, type: 'task.integrated', commit, agent, tip, tree })
      }
      return commit
    },
    check: (commit, status) =>
      store.checks.save({
        tree: shellGit(directory, ['rev-parse', `${commit}^{tree}`]),
        commandHash: 'c',
        environmentHash: 'e',
        name: 'test',
        status,
        exitCode: status === 'passed' ? 0 : 1,
        durationMs: 5,
        output: '',
        at: Date.now(),
      }),
  }
}

const planned = (numbers: number[]): LoopEvent => ({
  type: 'plan.ready',
  runId,
  planContentId: content,
  origin: 'file',
  planner: null,
  passedOver: [],
  forecastContentId: null,
  returned: 0,
  tasks: numbers.map(number => ({
    taskId: taskIdOf(runId, number),
    kind: 'change',
    dependsOn: [],
    worker: 'claude',
    risk: 'low',
  })),
})

const request = (): Extract<LoopEvent, { type: 'run.requested' }>['request'] => ({
  lane: 'personal',
  goalContentId: content,
  configContentId: content,
  configHash: 'x',
  planContentId: null,
  scenarioContentId: content,
  containment: 'boxed',
  network: 'gate',
  setupHosts: null,
  workers: ['claude', 'codex'],
  maxParallel: 1,
  maxAttempts: 3,
  independence: 'vendor',
  limits: { requests: 10, tokens: 1000, minutes: 10, attemptWallMs: 1000, modelSilenceMs: 1000, toolSilenceMs: 1000 },
  purpose: 'work',
  reviewPlan: false,
})
