/** `agentlab init`: makes a repository ready. Idempotent; overwrites nothing; says what it did. */
import { writeFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { type AgentState, agentStates } from '../../app/agents.ts'
import { proposePrefix } from '../../config/branch-prefix.ts'
import { detectProject } from '../../config/detect-project.ts'
import { initialFileText } from '../../config/initial-file.ts'
import { type LoadedConfig, loadConfig, repositoryFileName } from '../../config/load.ts'
import { AgentLabError, exitCode } from '../../domain/errors.ts'
import type { Oid } from '../../domain/ids.ts'
import type { WorkerName } from '../../domain/lane.ts'
import { noteWords } from '../../domain/repository-note.ts'
import { examineRepository } from '../../git/examine.ts'
import { moveBranch } from '../../git/ref-write.ts'
import { branchRef, listBranches, readRef } from '../../git/refs.ts'
import { openRepository, type Repository } from '../../git/repository.ts'
import { agentSentence, agentVerdict } from '../agent-words.ts'
import { askLine, canAsk } from '../ask.ts'
import type { Answer, Call } from '../call.ts'
import { excludeWorktrees } from '../exclude-worktrees.ts'

export interface InitOptions {
  yes?: boolean
  /** The human branch, where it can't be told. */
  main?: string
}

interface Step {
  what: string
  did: 'made' | 'kept' | 'found'
  detail: string
}

export const init = async (call: Call, options: InitOptions): Promise<Answer> => {
  const directory = resolve(call.cwd, call.repo ?? '.')
  const before = await openRepository(directory)
  const existing = await loadConfig({ repoRoot: before.root, env: call.env })
  const main = options.main ?? existing.effective.main ?? before.mainBranch ?? undefined
  const repository = await openRepository(directory, { mainBranch: main })
  const tip = main === undefined ? null : await readRef(repository, branchRef(main))
  if (main === undefined || tip === null) throw mainUnknown(repository, main)
  const { branches, agents } = existing.effective
  const isNamed = existing.sources.repository.exists
  const { notes, refusals } = await examineRepository(repository, isNamed ? { ...branches, workers: agents } : null)
  if (refusals[0] !== undefined) throw refusals[0]

  const states = await agentStates(existing.effective, call.env)
  const file = existing.sources.repository.exists
    ? ({ what: repositoryFileName, did: 'kept', detail: 'it was there; nothing in it was changed' } satisfies Step)
    : await writeConfig(call, repository, {
        main,
        tip,
        isAsking: options.yes !== true && canAsk(call),
        agents: states.filter(state => agentVerdict(state) !== 'missing').map(state => state.worker),
      })
  const config = await loadConfig({ repoRoot: repository.root, env: call.env })
  const steps: Step[] = [
    { what: 'main branch', did: 'found', detail: `${main} at ${tip.slice(0, 12)}` },
    file,
    await excludeStep(repository),
    await agentBranchStep(repository, config, tip),
    ...notes.map((note): Step => ({ what: 'repository', did: 'found', detail: noteWords(note).operator })),
    ...states.map((state): Step => ({ what: state.worker, did: 'found', detail: agentSentence(state) })),
  ]
  return {
    text: steps.map(({ what, did, detail }) => `${did.padEnd(5)}  ${what}: ${detail}`).join('\n'),
    json: { steps, config: config.effective },
    remarks: [
      ...openAiRemark(config, states),
      'Look through agentlab.yaml, then: agentlab doctor, then: agentlab task "<goal>"',
    ],
  }
}

/** Codex speaks to OpenAI, which may see no lane's data until the operator says so in a file that is his alone. */
const openAiRemark = (config: LoadedConfig, states: AgentState[]): string[] => {
  const hasCodex = states.some(state => state.worker === 'codex' && state.installation !== null)
  const isOwn = config.effective.agent.codex.provider === 'local'
  const isOpen =
    isOwn || config.effective.lane !== 'personal' || config.effective.lanes.personal?.providers !== undefined
  if (!hasCodex || isOpen) return []
  const { path } = config.sources.operator
  return [
    `In lane personal codex takes part in rehearsals only, until you let OpenAI see its data: add to ${path}\n  lanes: {personal: {providers: [anthropic, google, openai, local]}}`,
  ]
}

const mainUnknown = (repository: Repository, named: string | undefined): AgentLabError =>
  new AgentLabError(
    named === undefined
      ? `init failed on ${repository.root}: no branch is called main, master or trunk, and there are several`
      : `init failed on the main branch: there is no branch ${named}`,
    { code: 'main-unknown', cure: 'Say which branch is yours: agentlab init --main <branch>', exit: exitCode.wrongUse },
  )

interface FileChoice {
  main: string
  tip: Oid
  isAsking: boolean
  agents: WorkerName[]
}

const writeConfig = async (call: Call, repository: Repository, choice: FileChoice): Promise<Step> => {
  const branches = await listBranches(repository)
  const ours = branches.get('agent') === choice.tip ? ['agent'] : []
  const proposal = proposePrefix([...branches.keys()], ours)
  const project = await detectProject(repository.root)
  const ask = async (question: string, fallback: string, isFit: (answer: string) => boolean): Promise<string> =>
    choice.isAsking ? askLine(call, question, fallback, isFit) : fallback
  const prefix = await ask('Prefix of AgentLab\'s branches ("" or ending in /)', proposal.prefix, text =>
    /^(?:[\w.-]+\/)*$/.test(text),
  )
  const lane = await ask('Which providers may see this code (personal, enterprise, private)', 'personal', text =>
    ['personal', 'enterprise', 'private'].includes(text),
  )
  const agents: WorkerName[] = choice.agents.length === 0 ? ['claude', 'codex', 'gemini'] : choice.agents
  const text = initialFileText({ main: choice.main, prefix, lane, agents, project })
  await writeFile(join(repository.root, repositoryFileName), text, { flag: 'wx', mode: 0o644 }).catch(cannotWrite)
  const found =
    project.checks.map(check => `${check.name} (${check.from})`).join(', ') || 'none: name yours in the file'
  const taken =
    proposal.taken.length === 0
      ? ''
      : `; prefix ${JSON.stringify(prefix)}, because ${proposal.taken.slice(0, 5).join(', ')} exist already`
  return { what: repositoryFileName, did: 'made', detail: `checks: ${found}${taken}` }
}

const cannotWrite = (error: NodeJS.ErrnoException): never => {
  throw new AgentLabError(
    `init failed on writing ${repositoryFileName}: ${error.code === 'EACCES' || error.code === 'EROFS' ? 'no permission' : error.code}`,
    {
      code: error.code === 'ENOSPC' ? 'disk-full' : 'no-permission',
      cure: 'Make the top folder of the repository writable for you.',
      cause: error,
    },
  )
}

const excludeStep = async (repository: Repository): Promise<Step> => {
  const changed = await excludeWorktrees(repository.commonDir)
  return { what: 'worktrees/', did: changed ? 'made' : 'kept', detail: 'kept out of git status by info/exclude' }
}

/** `agent` is made where main stands; an existing one is never moved. */
const agentBranchStep = async (repository: Repository, config: LoadedConfig, tip: Oid): Promise<Step> => {
  const { agent } = config.effective.branches
  const what = `branch ${agent}`
  const existing = await readRef(repository, branchRef(agent))
  if (existing !== null) return { what, did: 'kept', detail: `at ${existing.slice(0, 12)}` }
  const result = await moveBranch(repository, { branch: agent, to: tip, expectedOld: null })
  if (result.status === 'moved') return { what, did: 'made', detail: `at main's tip ${tip.slice(0, 12)}` }
  return { what, did: 'kept', detail: 'another process made it meanwhile' }
}
