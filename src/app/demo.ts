/** `agentlab demo`: the whole of AgentLab on a sample repository, with the real agent CLIs and scripted models. */
import { appendFileSync, existsSync } from 'node:fs'
import { mkdir, readFile } from 'node:fs/promises'
import { delimiter, join } from 'node:path'
import { assetPath } from '../config/assets.ts'
import { checkDataDirPlace, stateRootOf } from '../config/data-dir.ts'
import { demoScenarioPath, prepareSample } from '../demo/prepare-sample.ts'
import { AgentLabError, type ExitCode, exitCode } from '../domain/errors.ts'
import { newRunId } from '../domain/ids.ts'
import { renderReceipt } from '../domain/receipt.ts'
import type { RunView } from '../domain/run-view.ts'
import { removeTree } from '../git/remove-tree.ts'
import { parseScenario } from '../rehearsal/scenario.ts'
import { followRun, requestRun } from './client.ts'
import { storyTeller } from './demo-story.ts'
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

/**
 * Makes the sample, carries the scenario's goal through it, prints the story and the receipt. Everything lies in a
 * folder of its own below the state folder and is removed afterwards, unless it is to be kept or went wrong.
 * Returns 0 when every task got through.
 */
export const runDemo = async (options: DemoOptions): Promise<ExitCode> => {
  const { out, signal } = options
  const folder = join(stateRootOf({ env: options.env }), 'demo', newRunId(Math.random))
  checkDataDirPlace(folder)
  const repository = join(folder, 'repo')
  await prepareSample(repository)
  await mkdir(join(folder, 'config'), { mode: 0o700 })
  const project = await openProject({ cwd: repository, env: demoEnvironment(options.env, folder) })
  out(`A sample repository, the real agent CLIs, scripted models: no key, no cost.\n${repository}\n\n`)
  const end: { view: RunView | null } = { view: null }
  try {
    end.view = await carryOut(project, options)
    if (!signal.aborted) out(`\n${renderReceipt(end.view)}\n`)
    return end.view.outcome === 'done' ? exitCode.done : exitCode.failed
  } finally {
    project.close()
    const isKept = options.keep || (end.view?.outcome !== 'done' && !signal.aborted)
    if (!isKept) for (const path of [folder, project.dataDir]) await removeTree(path)
    if (!signal.aborted || isKept) out(closingWords(isKept ? { repository, view: end.view } : null, options.env))
  }
}

/** The pinned CLIs come first, and the operator's own configuration stays out, so that the demo is the same everywhere. */
const demoEnvironment = (env: NodeJS.ProcessEnv, folder: string): NodeJS.ProcessEnv => {
  const pinned = assetPath('node_modules/.bin')
  const path = [...(existsSync(pinned) ? [pinned] : []), env.PATH ?? ''].join(delimiter)
  return { ...env, PATH: path, XDG_CONFIG_HOME: join(folder, 'config') }
}

const carryOut = async (project: Project, { out, signal }: DemoOptions): Promise<RunView> => {
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
    const tell = storyTeller(project.store, runId)
    const show = (): void => {
      for (const line of tell()) out(`${line}\n`)
    }
    return followRun(project, runId, show, signal, { startSupervisor: false })
  })
}

const closingWords = (kept: { repository: string; view: RunView | null } | null, env: NodeJS.ProcessEnv): string => {
  if (kept === null)
    return 'All of it is removed again. To look around and to move main yourself: agentlab demo --keep\n'
  const done = kept.view?.outcome === 'done'
  const state = env.XDG_STATE_HOME === undefined ? '' : `XDG_STATE_HOME=${env.XDG_STATE_HOME} `
  const program = (name: string): string => `${state}node ${assetPath(`bin/${name}.js`)}`
  return [
    `The repository stays at ${kept.repository}`,
    ...(done
      ? [
          'main has not moved: that is yours to do, at your terminal.',
          `Try: cd ${kept.repository} && ${program('promote')} v1.1.0`,
        ]
      : [`Look at what went wrong: ${program('agentlab')} --repo ${kept.repository} show`]),
    '',
  ].join('\n')
}
