/** The configuration a run goes by: defaults, then the operator's file, then what the repository tightens or describes. */
import { resolve } from 'node:path'
import { portsAskedFor } from '../domain/command-places.ts'
import { AgentLabError, exitCode } from '../domain/errors.ts'
import { isLooser, type Lane, type Provider, vendorOf, type WorkerName } from '../domain/lane.ts'
import type { PlannerName } from '../domain/plan.ts'
import type { CommandWords } from './command-words.ts'
import type { LaneSettings } from './lane-settings.ts'
import { defaultLimits, type Limits, loosenedBy, overLimits } from './limits.ts'
import type { LocalServer, OperatorConfig } from './operator-config.ts'
import type { PathRule, PathRules } from './path-rules.ts'
import type { RepositoryConfig } from './repository-config.ts'

export interface CheckDefinition {
  name: string
  /** Program and arguments. */
  command: CommandWords
  timeoutMs: number
}

export interface SetupDefinition {
  command: CommandWords
  /**
   * Repository-relative paths whose content decides whether the environment is built anew; `*` stands within one name, `**` for any
   * folders.
   */
  inputs: string[]
  /** `registries`: the lane's, with nothing but the inputs in sight. `none`: no network, and the whole tree. */
  network: 'registries' | 'none'
}

type RemoteProvider = Exclude<Provider, 'local'>

export interface EffectiveConfig {
  /** null: detect it. */
  main: string | null
  /** `agent` is the whole name of the integration branch; `prefix` stands before every other branch of ours. */
  branches: { agent: string; prefix: string }
  /** The repository's default lane: its own, or the operator's default. */
  lane: Lane
  /** Who named it; `shipped`: nobody did. */
  laneFrom: 'repository' | 'operator' | 'shipped'
  /** Lanes that paths demand, the repository's rules and the operator's. */
  paths: PathRule[]
  /** The operator's words on each lane; src/lanes/policy.ts puts them over the shipped ones. */
  lanes: LaneSettings
  /** The operator's own servers, in order of preference. */
  local: LocalServer[]
  /** Private ranges that are reached through an encrypted tunnel. */
  tunnels: string[]
  /** Folders that every box may read, absolute or beginning with `~/`. */
  tools: string[]
  /** Names of checks that may make user namespaces in their box. */
  userns: string[]
  checks: CheckDefinition[]
  setup: SetupDefinition | null
  /** Names of the ports each seat gets, and the operator's range they are taken from, both ends included. */
  ports: { names: string[]; from: number; to: number }
  /** Repository-relative paths of the operator's checkout that every workspace gets a copy of. */
  handIn: string[]
  planner: { prefer: PlannerName[]; approvalHours: number }
  verifier: { independence: 'vendor' | 'session' }
  limits: Limits
  /** Workers in order of preference. */
  agents: WorkerName[]
  /** Whom each asks, and for which model, where its lane says nothing of it; null: its own choice. */
  agent: Record<WorkerName, { path: string | null; provider: Provider; model: string | null }>
  upstreams: Record<RemoteProvider, string>
  /** Name of the environment variable that holds the provider's key; null: the vendor's usual places. */
  credentials: Record<RemoteProvider, { env: string } | null>
  identity: { name: string; email: string } | null
  /** Program and words that open a folder for the operator; null: what the environment names. */
  editor: CommandWords | null
}

export const defaultUpstreams: Record<RemoteProvider, string> = {
  anthropic: 'https://api.anthropic.com',
  openai: 'https://api.openai.com',
  google: 'https://generativelanguage.googleapis.com',
}

const allWorkers: WorkerName[] = ['claude', 'codex', 'gemini', 'local']

const minuteMs = 60_000

const defaultPorts = { from: 20_000, to: 29_999 }

/**
 * @param root absolute path of the repository's top, by which the operator's file may name it
 * @throws AgentLabError `config-loosens`, `port-unknown` (both exit 2)
 */
export const mergeConfig = (repository: RepositoryConfig, operator: OperatorConfig, root: string): EffectiveConfig => {
  const operatorLimits = overLimits(
    { ...defaultLimits, maxParallel: operator.defaults?.maxParallel ?? defaultLimits.maxParallel },
    operator.limits ?? {},
  )
  refuseLoosening(repository, operator, operatorLimits)
  refuseUnknownPorts(repository)
  const settings = settingsFor(root, operator)
  const prefix = repository.branches?.prefix ?? ''
  const agent = (name: WorkerName) => ({
    path: operator.agents?.[name]?.path ?? null,
    provider: operator.agents?.[name]?.provider ?? vendorOf[name],
    model: operator.agents?.[name]?.model ?? null,
  })
  return {
    main: repository.main ?? null,
    branches: { agent: repository.branches?.agent ?? `${prefix}agent`, prefix },
    lane: repository.lane ?? operator.defaults?.lane ?? 'personal',
    laneFrom: repository.lane !== undefined ? 'repository' : operator.defaults?.lane ? 'operator' : 'shipped',
    paths: [...rules('repository', repository.paths), ...settings.flatMap(({ paths }) => rules('operator', paths))],
    lanes: operator.lanes ?? {},
    local: operator.local ?? [],
    tunnels: operator.tunnels ?? [],
    tools: operator.tools ?? [],
    userns: [...new Set(settings.flatMap(({ box }) => box?.userns ?? []))],
    checks: (repository.checks ?? []).map(({ name, command, timeoutMinutes }) => ({
      name,
      command,
      timeoutMs: Math.round(timeoutMinutes * minuteMs),
    })),
    setup: repository.setup ?? null,
    ports: {
      names: repository.ports ?? [],
      from: operator.ports?.from ?? defaultPorts.from,
      to: operator.ports?.to ?? defaultPorts.to,
    },
    handIn: [...new Set(settings.flatMap(({ files }) => files))],
    planner: {
      prefer: operator.planner?.prefer ?? repository.planner?.prefer ?? ['api', 'claude', 'codex', 'gemini', 'local'],
      approvalHours: operator.planner?.approvalHours ?? 24,
    },
    verifier: { independence: repository.verifier?.independence ?? 'vendor' },
    limits: overLimits(operatorLimits, repository.limits ?? {}),
    agents: [...new Set(repository.agents ?? allWorkers)],
    agent: { claude: agent('claude'), codex: agent('codex'), gemini: agent('gemini'), local: agent('local') },
    upstreams: { ...defaultUpstreams, ...operator.upstreams },
    credentials: {
      anthropic: operator.credentials?.anthropic ?? null,
      openai: operator.credentials?.openai ?? null,
      google: operator.credentials?.google ?? null,
    },
    identity: operator.identity ?? null,
    editor: operator.editor ?? null,
  }
}

/** What the operator says about this repository, under whichever of its spellings. */
const settingsFor = (root: string, { repositories }: OperatorConfig) =>
  Object.entries(repositories ?? {}).flatMap(([path, setting]) => (resolve(path) === root ? [setting] : []))

const rules = (from: PathRule['from'], paths: PathRules = {}): PathRule[] =>
  Object.entries(paths).map(([pattern, lane]) => ({ pattern, lane, from }))

const refuseUnknownPorts = ({ checks, setup, ports }: RepositoryConfig): void => {
  const asked = [...(checks ?? []), ...(setup === undefined ? [] : [setup])].flatMap(one => portsAskedFor(one.command))
  const unknown = asked.find(name => !(ports ?? []).includes(name))
  if (unknown === undefined) return
  throw new AgentLabError(`agentlab.yaml: a command asks for {{port:${unknown}}}, which is not among its ports`, {
    code: 'port-unknown',
    cure: `Name it: ports: [${[...(ports ?? []), unknown].join(', ')}]`,
    exit: exitCode.wrongUse,
  })
}

const refuseLoosening = (repository: RepositoryConfig, operator: OperatorConfig, limits: Limits): void => {
  const loosened = loosenedBy(limits, repository.limits ?? {})
  const lines = loosened.map(
    name =>
      `agentlab.yaml: limits.${name} is ${repository.limits?.[name]}, looser than your ${limits[name]}; a repository can only tighten a limit`,
  )
  const ours = operator.defaults?.lane
  if (ours !== undefined && repository.lane !== undefined && isLooser(repository.lane, ours)) {
    lines.push(
      `agentlab.yaml: lane is ${repository.lane}, looser than your default ${ours}; a repository can only tighten the lane`,
    )
  }
  if (lines.length === 0) return
  throw new AgentLabError(lines.join('\n'), {
    code: 'config-loosens',
    cure: 'Lower it in agentlab.yaml, or raise your own in ~/.config/agentlab/config.yaml.',
    exit: exitCode.wrongUse,
  })
}
