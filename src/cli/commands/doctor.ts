/** `agentlab doctor`: what this machine and repository can do, found out by trying. Changes nothing. */
import { join, resolve } from 'node:path'
import { type AgentState, agentStates } from '../../app/agents.ts'
import { roomFor } from '../../app/box-bounds.ts'
import { listedFiles } from '../../app/handed-in.ts'
import { checkDataDirPlace, dataDirOf } from '../../config/data-dir.ts'
import { type LoadedConfig, loadConfig, parseConfig } from '../../config/load.ts'
import { AgentLabError, exitCode } from '../../domain/errors.ts'
import { fileSize, many } from '../../domain/measures.ts'
import { noteWords } from '../../domain/repository-note.ts'
import { cleanLine } from '../../domain/text.ts'
import { examineRepository } from '../../git/examine.ts'
import { branchRef, readRef } from '../../git/refs.ts'
import { openRepository, type Repository } from '../../git/repository.ts'
import { worktreesOn } from '../../git/worktree-list.ts'
import { probeBox } from '../../process/box-probe.ts'
import { examineStore } from '../../store/health.ts'
import { agentCure, agentSentence, agentVerdict } from '../agent-words.ts'
import type { Answer, Call } from '../call.ts'
import { handInLine } from '../hand-in-words.ts'
import { localDiagnoses } from '../local-diagnoses.ts'
import type { Paint, Style } from '../paint.ts'
import { setupDiagnoses } from '../set-up-diagnoses.ts'
import { toolDiagnoses } from '../tool-diagnoses.ts'
import { worktreeDiagnoses } from '../worktree-diagnoses.ts'

export interface Diagnosis {
  what: string
  status: 'ok' | 'warn' | 'fail'
  detail: string
  cure?: string
}

export const doctor = async (call: Call, options: { quick?: boolean } = {}): Promise<Answer> => {
  const { repository, diagnoses: ofRepository } = await tryRepository(call)
  const { config, diagnoses: ofConfig } = await tryConfig(call, repository)
  const box = await tryBox()
  const agents = await agentStates(config.effective, call.env)
  const diagnoses = [
    nodeVersion(),
    ...ofRepository,
    ...ofConfig,
    ...(await tryDataDir(call, repository, config)),
    ...tryStore(call, repository),
    box,
    ...tryAgents(agents),
    ...(await localDiagnoses(config.effective, call.env, { sendsPrompts: options.quick !== true })),
    ...setupDiagnoses(config.effective),
    ...(await toolDiagnoses(config.effective, call.env, agents)),
    ...(await tryBranches(repository, config)),
    ...(await worktreeDiagnoses(repository)),
    ...(await tryHandIn(repository, config)),
    ...(await trySuitability(repository, config)),
  ]
  const hasFailed = diagnoses.some(diagnosis => diagnosis.status === 'fail')
  return {
    text: diagnoses.map(diagnosis => diagnosisLines(diagnosis, call.paint)).join('\n'),
    json: { diagnoses },
    exit: box.status === 'fail' ? exitCode.noWall : hasFailed ? exitCode.failed : exitCode.done,
  }
}

const styles: Record<Diagnosis['status'], Style> = { ok: 'green', warn: 'yellow', fail: 'red' }

const diagnosisLines = ({ what, status, detail, cure }: Diagnosis, paint: Paint): string =>
  `${paint(styles[status], status.padEnd(4))}  ${what}: ${detail.replaceAll('\n', '\n      ')}${cure === undefined ? '' : `\n      → ${cure}`}`

const failed = (what: string, error: unknown): Diagnosis => {
  if (!(error instanceof AgentLabError)) throw error
  return { what, status: 'fail', detail: error.message, ...(error.cure === undefined ? {} : { cure: error.cure }) }
}

const nodeVersion = (): Diagnosis => ({ what: 'node', status: 'ok', detail: process.versions.node })

const tryRepository = async (call: Call): Promise<{ repository: Repository | null; diagnoses: Diagnosis[] }> => {
  try {
    const repository = await openRepository(resolve(call.cwd, call.repo ?? '.'))
    const git: Diagnosis = { what: 'git', status: 'ok', detail: repository.gitVersion }
    const kind = `${repository.objectFormat}${repository.isShallow ? ', shallow' : ''}`
    return {
      repository,
      diagnoses: [git, { what: 'repository', status: 'ok', detail: `${repository.root} (${kind})` }],
    }
  } catch (error) {
    const isGit = error instanceof AgentLabError && error.code.startsWith('git-')
    return { repository: null, diagnoses: [failed(isGit ? 'git' : 'repository', error)] }
  }
}

const emptyConfig = (): Omit<LoadedConfig, 'sources'> => {
  const none = { path: '', text: '', exists: false }
  return parseConfig({ repository: none, operator: none })
}

const tryConfig = async (
  call: Call,
  repository: Repository | null,
): Promise<{ config: Omit<LoadedConfig, 'sources'>; diagnoses: Diagnosis[] }> => {
  if (repository === null) return { config: emptyConfig(), diagnoses: [] }
  try {
    const config = await loadConfig({ repoRoot: repository.root, env: call.env })
    const diagnoses = Object.values(config.sources).map(
      (source): Diagnosis => ({
        what: 'configuration',
        status: 'ok',
        detail: source.exists ? source.path : `${source.path} is not there; the defaults hold`,
      }),
    )
    if (config.effective.checks.length > 0) return { config, diagnoses }
    const cure = 'Name the commands that must pass in agentlab.yaml, under checks.'
    return {
      config,
      diagnoses: [
        ...diagnoses,
        { what: 'checks', status: 'warn', detail: 'none are configured, so no work can be proven by running it', cure },
      ],
    }
  } catch (error) {
    return { config: emptyConfig(), diagnoses: [failed('configuration', error)] }
  }
}

const tryDataDir = async (
  call: Call,
  repository: Repository | null,
  config: Omit<LoadedConfig, 'sources'>,
): Promise<Diagnosis[]> => {
  if (repository === null) return []
  const dir = dataDirOf({ commonGitDir: repository.commonDir, env: call.env })
  try {
    checkDataDirPlace(dir)
    const room = await roomFor({ dataDir: dir, config })
    return [{ what: 'data dir', status: 'ok', detail: `${dir}, ${fileSize(room)} free` }]
  } catch (error) {
    return [failed('data dir', error)]
  }
}

const tryStore = (call: Call, repository: Repository | null): Diagnosis[] => {
  if (repository === null) return []
  const path = join(dataDirOf({ commonGitDir: repository.commonDir, env: call.env }), 'store.db')
  try {
    const health = examineStore(path)
    if (health === null) return []
    const detail = `version ${health.version}, ${many(health.sizeBytes, 'byte')}`
    if (health.damage === null) return [{ what: 'store', status: 'ok', detail: `${detail}, whole` }]
    const cure = `Put back a copy (${path}.before-… where there is one), or move it away to start afresh.`
    return [{ what: 'store', status: 'fail', detail: `${detail}, damaged: ${cleanLine(health.damage)}`, cure }]
  } catch (error) {
    return [failed('store', error)]
  }
}

const tryBox = async (): Promise<Diagnosis> => {
  const probe = await probeBox()
  if (!probe.available)
    return { what: 'box', status: 'fail', detail: `${probe.part}: ${probe.reason}`, cure: probe.cure }
  if (probe.version === null)
    return {
      what: 'box',
      status: 'warn',
      detail: 'sandbox-exec ran a command; AgentLab’s rules for it are untested on this platform',
      cure: 'Let them be tried here: agentlab doctor --walls',
    }
  const detail = `bubblewrap ${probe.version} built one`
  if (!probe.asRoot) return { what: 'box', status: 'ok', detail }
  return {
    what: 'box',
    status: 'warn',
    detail: `${detail}, as root`,
    cure: 'It holds; an ordinary user is the better choice where you have one.',
  }
}

/** Missing agents are a warning while one is left; none at all is a failure. */
const tryAgents = (states: readonly AgentState[]): Diagnosis[] => {
  const lone = states.every(state => agentVerdict(state) === 'missing')
  const diagnoses = states.map((state): Diagnosis => {
    const cure = agentCure(state)
    const status = agentVerdict(state) === 'usable' ? 'ok' : lone ? 'fail' : 'warn'
    return { what: state.worker, status, detail: agentSentence(state), ...(cure === undefined ? {} : { cure }) }
  })
  return diagnoses
}

/** What a run would be refused for, and what it would work around. */
const trySuitability = async (
  repository: Repository | null,
  config: Omit<LoadedConfig, 'sources'>,
): Promise<Diagnosis[]> => {
  if (repository === null) return []
  const { branches, agents, main } = config.effective
  const seen = { ...repository, mainBranch: main ?? repository.mainBranch }
  const { notes, refusals } = await examineRepository(seen, { ...branches, workers: agents })
  return [
    ...refusals.map(error => failed('repository', error)),
    ...notes.map((note): Diagnosis => ({ what: 'repository', status: 'warn', detail: noteWords(note).operator })),
  ]
}

const tryHandIn = async (
  repository: Repository | null,
  config: Omit<LoadedConfig, 'sources'>,
): Promise<Diagnosis[]> => {
  const files = repository === null ? [] : await listedFiles(repository, config.effective.handIn)
  const refused = files.flatMap(file => (file.refused === null ? [] : [failed('handed in', file.refused)]))
  const line = handInLine(files)
  if (line === null || line === '') return refused
  return [{ what: 'handed in', status: files.every(file => file.isThere) ? 'ok' : 'warn', detail: line }, ...refused]
}

const tryBranches = async (
  repository: Repository | null,
  config: Omit<LoadedConfig, 'sources'>,
): Promise<Diagnosis[]> => {
  if (repository === null) return []
  const main = config.effective.main ?? repository.mainBranch
  const mainTip = main === null ? null : await readRef(repository, branchRef(main))
  const mainLine: Diagnosis =
    mainTip === null
      ? {
          what: 'main branch',
          status: 'fail',
          detail: main === null ? 'it can not be told' : `there is no branch ${main}`,
          cure: 'Set main in agentlab.yaml.',
        }
      : { what: 'main branch', status: 'ok', detail: `${main} at ${mainTip.slice(0, 12)}` }
  const { agent } = config.effective.branches
  const tip = await readRef(repository, branchRef(agent))
  const [occupied] = tip === null ? [] : await worktreesOn(repository, branchRef(agent))
  if (tip === null)
    return [
      mainLine,
      { what: `branch ${agent}`, status: 'warn', detail: 'it does not exist yet', cure: 'agentlab init' },
    ]
  if (occupied === undefined)
    return [mainLine, { what: `branch ${agent}`, status: 'ok', detail: `at ${tip.slice(0, 12)}` }]
  const cure = 'Switch that worktree to another branch; AgentLab never moves a branch under you.'
  return [
    mainLine,
    {
      what: `branch ${agent}`,
      status: 'warn',
      detail: `checked out in ${occupied.path}, so nothing can be integrated`,
      cure,
    },
  ]
}
