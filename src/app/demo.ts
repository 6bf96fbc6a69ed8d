/** `agentlab demo`: the whole of AgentLab on a sample repository, with the real agent CLIs and scripted models. */
import { appendFileSync, existsSync } from 'node:fs'
import { mkdir, readFile } from 'node:fs/promises'
import { delimiter, join } from 'node:path'
import { assetPath } from '../config/assets.ts'
import { checkDataDirPlace, stateRootOf } from '../config/data-dir.ts'
import { demoScenarioPath, prepareSample } from '../demo/prepare-sample.ts'
import { AgentLabError, type ExitCode, exitCode } from '../domain/errors.ts'
import { newRunId } from '../domain/ids.ts'
import type { RunOutcome } from '../domain/reasons.ts'
import { renderReceipt } from '../domain/receipt.ts'
import type { RunView } from '../domain/run-view.ts'
import { removeTree } from '../git/remove-tree.ts'
import { parseScenario } from '../rehearsal/scenario.ts'
import { followRun, requestRun } from './client.ts'
import { storyTeller } from './demo-story.ts'
import { markOwned, unmarkOwned } from './folder-owner.ts'
import { withForegroundSupervisor } from './foreground.ts'
import { openProject, type Project } from './project.ts'

export interface DemoOptions {
  /** Leaves the repository and its data dir in place. */
  keep: boolean
  out: (text: string) => void
  env: NodeJS.ProcessEnv
  /** Ends the demo; nothing of it stays but what `keep` wants. */
  signal: AbortSignal
}

/** One demo on disk, and how far it has come. */
interface Stage {
  folder: string
  repository: string
  dataDir: string | null
  /** A run exists: from here on there is something to look at when it goes wrong. */
  hasBegun: boolean
  outcome: RunOutcome | null
}

/**
 * Makes the sample, carries the scenario's goal through it, prints the story and the receipt. Everything lies in a
 * folder of its own below the state folder and is removed afterwards, unless it is to be kept or its run went wrong.
 * Returns 0 when every task got through.
 */
export const runDemo = async (options: DemoOptions): Promise<ExitCode> => {
  const folder = join(stateRootOf({ env: options.env }), 'demo', newRunId(Math.random))
  checkDataDirPlace(folder)
  const stage: Stage = { folder, repository: join(folder, 'repo'), dataDir: null, hasBegun: false, outcome: null }
  try {
    await perform(stage, options)
    return stage.outcome === 'done' ? exitCode.done : exitCode.failed
  } finally {
    const wasInterrupted = options.signal.aborted
    const isKept = stage.hasBegun && (options.keep || (stage.outcome !== 'done' && !wasInterrupted))
    if (isKept) await unmarkOwned(folder)
    else for (const path of [folder, stage.dataDir]) if (path !== null) await removeTree(path)
    if (stage.hasBegun && (isKept || !wasInterrupted)) options.out(isKept ? keptWords(stage, options.env) : goneWords)
  }
}

const perform = async (stage: Stage, options: DemoOptions): Promise<void> => {
  const { out, signal } = options
  await mkdir(stage.folder, { recursive: true, mode: 0o700 })
  await markOwned(stage.folder)
  await prepareSample(stage.repository)
  await mkdir(join(stage.folder, 'config'), { mode: 0o700 })
  const project = await openProject({ cwd: stage.repository, env: demoEnvironment(options.env, stage.folder) })
  stage.dataDir = project.dataDir
  try {
    out(`A sample repository, the real agent CLIs, scripted models: no key, no cost.\n${stage.repository}\n\n`)
    const view = await carryOut(project, stage, options)
    stage.outcome = view.outcome
    if (!signal.aborted) out(`\n${renderReceipt(view)}\n`)
  } finally {
    project.close()
  }
}

/** The pinned CLIs come first, and the operator's own configuration stays out, so that the demo is the same everywhere. */
const demoEnvironment = (env: NodeJS.ProcessEnv, folder: string): NodeJS.ProcessEnv => {
  const pinned = assetPath('node_modules/.bin')
  const path = [...(existsSync(pinned) ? [pinned] : []), env.PATH ?? ''].join(delimiter)
  return { ...env, PATH: path, XDG_CONFIG_HOME: join(folder, 'config') }
}

const carryOut = async (project: Project, stage: Stage, { out, signal }: DemoOptions): Promise<RunView> => {
  const scenarioText = await readFile(demoScenarioPath(), 'utf8')
  const goal = parseScenario(scenarioText, 'scenario.yaml').goal ?? 'The demo'
  out(`$ agentlab task "${goal}"\n`)
  const log = (line: string): void =>
    appendFileSync(project.paths.log, `${new Date().toISOString()} ${line}\n`, { mode: 0o600 })
  return withForegroundSupervisor(project, { signal, log }, async () => {
    const wish = {
      goal,
      planText: null,
      lane: null,
      workers: null,
      maxParallel: null,
      unboxed: false,
      sameVendor: false,
    }
    const { runId, answer } = await requestRun(project, { ...wish, scenarioText }, { startSupervisor: false })
    if (!answer.accepted)
      throw new AgentLabError(`demo failed on its request: ${answer.text}`, { code: 'request-refused' })
    stage.hasBegun = true
    const tell = storyTeller(project.store, runId)
    const show = (): void => {
      for (const line of tell()) out(`${line}\n`)
    }
    return followRun(project, runId, show, signal, { startSupervisor: false })
  })
}

const goneWords = 'All of it is removed again. To look around and to move main yourself: agentlab demo --keep\n'

const keptWords = ({ repository, outcome }: Stage, env: NodeJS.ProcessEnv): string => {
  const state = env.XDG_STATE_HOME === undefined ? '' : `XDG_STATE_HOME=${env.XDG_STATE_HOME} `
  const program = (name: string): string => `${state}node ${assetPath(`bin/${name}.js`)}`
  const next =
    outcome === 'done'
      ? [
          'main has not moved: that is yours to do, at your terminal.',
          `Try: cd ${repository} && ${program('promote')} v1.1.0`,
        ]
      : [`Look at what went wrong: ${program('agentlab')} --repo ${repository} show`]
  return `${[`The repository stays at ${repository}`, ...next].join('\n')}\n`
}
