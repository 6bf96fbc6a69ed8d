/** What the effects stand on: the project, the gateway and the clock of one supervisor, and the scope of one run. */
import type { EffectiveConfig } from '../config/effective.ts'
import type { LoadedConfig } from '../config/load.ts'
import type { Usage } from '../domain/attempt.ts'
import { AgentLabError } from '../domain/errors.ts'
import type { LoopEvent } from '../domain/event.ts'
import { type ContentId, newContentId, type Oid } from '../domain/ids.ts'
import type { Lane } from '../domain/lane.ts'
import type { Plan, PlannedTask } from '../domain/plan.ts'
import type { Redactor } from '../domain/redaction/redactor.ts'
import type { RunRequest } from '../domain/run-request.ts'
import { Finding } from '../domain/verdict.ts'
import type { Identity } from '../git/operator-config.ts'
import type { Gateway } from '../lanes/gateway/gateway.ts'
import type { Grant } from '../lanes/gateway/grant.ts'
import { policyOf } from '../lanes/policy.ts'
import type { Rehearsal } from '../rehearsal/server.ts'
import { type ContentKind, contentRow } from '../store/content.ts'
import type { Project } from './project.ts'
import { configOf, eventsOf, planFrom } from './run-memory.ts'

/** What the wire told about one attempt so far. Token counts are null until one was measured. */
export interface WireNotes {
  usage: Usage
  /** When parts of an answer passed last; 0 before the first. */
  heardAt: number
  /** Epoch milliseconds before which the provider wants no further request, or null. */
  retryAt: number | null
  /** HTTP status of the last answer; null before the first, and where none came. */
  status: number | null
}

export interface Host {
  project: Project
  gateway: Gateway
  /** Of a grant's requests; a grant belongs to one start of one agent. */
  wireNotesOf(grant: Grant): WireNotes
  /** A path for a new unix socket, short enough and in a folder of this supervisor alone. */
  nextSocketPath(): string
  /** Everything that is kept goes through it first. It knows the operator's own credentials. */
  redactor: Redactor
  /** One scripted model per rehearsed run, started when first needed. */
  rehearsalOf(scope: RunScope): Promise<Rehearsal>
  /** Author of the commits workers make. */
  identity: Identity
  now(): number
  random(): number
  log(line: string): void
}

/** One run as its effects see it. */
export interface RunScope {
  runId: string
  lane: Lane
  request: RunRequest
  config: EffectiveConfig
  goal: string
  base: Oid | null
  /** Main's tip as the run began, where bringing it in is the run's task; else null. */
  mergesMain: Oid | null
  rehearsed: boolean
}

/** What a run's request keeps of the configuration: both files as they were read. */
export const configContent = (config: LoadedConfig): string => JSON.stringify(config.sources)

/**
 * @param ifErased the configuration for a run whose words are gone, where it can do without them
 * @throws AgentLabError `run-erased` when the run's words are gone and it can't go on
 */
export const scopeOf = (host: Host, runId: string, ifErased?: EffectiveConfig): RunScope => {
  const requested = eventsOf(host.project.store, runId)[0]
  if (requested?.event.type !== 'run.requested')
    throw new AgentLabError(`run ${runId} failed: its request is not in the log`, { code: 'run-unknown' })
  const { request } = requested.event
  const goal = host.project.store.content.text(request.goalContentId)
  const configText = host.project.store.content.text(request.configContentId)
  const config = configText === null ? ifErased : configOf(host.project.store, runId, configText)
  if (config === undefined || (goal === null && ifErased === undefined)) {
    throw new AgentLabError(`run ${runId} failed: its goal or configuration was erased`, { code: 'run-erased' })
  }
  const context = host.project.store.machines.get(runId)?.context as
    | { base?: Oid | null; main?: Oid | null }
    | undefined
  return {
    runId,
    lane: request.lane,
    request,
    config,
    goal: goal ?? '',
    base: context?.base ?? null,
    mergesMain: request.purpose === 'resolve' ? (context?.main ?? null) : null,
    rehearsed: request.scenarioContentId !== null,
  }
}

/** Words as the log may hold them: of a lane that logs facts alone, where they are kept is all it says. */
export const loggable = (host: Host, lane: Lane, words: string): string =>
  policyOf(lane, host.project.config.effective).logged === 'words' ? words : 'its words are kept with the run'

/** Keeps text, without the secrets in it, under a new id in the lane of its run: there is no way to keep text without one. */
export const keep = (
  host: Host,
  scope: Pick<RunScope, 'runId' | 'lane'>,
  taskId: string | null,
  kind: ContentKind,
  text: string,
): ContentId => {
  const id = newContentId(host.random)
  const kept = host.redactor.redact(text)
  host.project.store.content.add(contentRow(scope, { id, taskId, kind, at: host.now(), text: kept }))
  return id
}

export const keepFindings = (host: Host, scope: RunScope, taskId: string, findings: Finding[]): ContentId =>
  keep(host, scope, taskId, 'findings', JSON.stringify(findings))

export const readFindings = (host: Host, id: ContentId | null): Finding[] => {
  const text = id === null ? null : host.project.store.content.text(id)
  return text === null ? [] : Finding.array().parse(JSON.parse(text))
}

/** The run's plan as it stands; its words are content. */
export const planOf = (host: Host, runId: string): Plan => {
  const last = eventsOf(host.project.store, runId).findLast(
    ({ event }) => event.type === 'plan.ready' || event.type === 'plan.edited',
  )?.event
  const id = last?.type === 'plan.ready' || last?.type === 'plan.edited' ? last.planContentId : null
  const text = id === null ? null : host.project.store.content.text(id)
  if (text === null) throw new AgentLabError(`run ${runId} failed: its plan was erased`, { code: 'run-erased' })
  return planFrom(host.project.store, runId, text)
}

export const taskOf = (host: Host, taskId: string): PlannedTask => {
  const task = planOf(host, taskId.slice(0, 8)).tasks.find(one => one.taskId === taskId)
  if (task === undefined)
    throw new AgentLabError(`task ${taskId} failed: it is not in its run's plan`, { code: 'task-unknown' })
  return task
}

/** When an event of the run was logged: a date that is the same however often a step is repeated. */
export const loggedAt = (host: Host, runId: string, isMeant: (event: LoopEvent) => boolean): number =>
  eventsOf(host.project.store, runId).findLast(({ event }) => isMeant(event))?.at ?? host.now()
