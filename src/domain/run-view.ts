/** One run as a person may look at it: facts folded from the log, with the words that have not been erased. */
import type { Answerer } from './answerer.ts'
import type { FailureClass, Usage } from './attempt.ts'
import type { CheckStatus, ChecksStatus } from './check.ts'
import type { StackPlace } from './event.ts'
import type { Forecast } from './forecast.ts'
import type { ContentId, Oid, RunId, TaskId } from './ids.ts'
import type { Lane, Role, WorkerName } from './lane.ts'
import type { Containment } from './launch.ts'
import type { PlannerName, PlanOrigin, Risk, TaskKind } from './plan.ts'
import type { MainState, RunOutcome, WaitReason } from './reasons.ts'
import type { RepositoryNote } from './repository-note.ts'
import type { ClaimCounts, ResearchRecord } from './research.ts'
import type { RunLimits, RunPurpose } from './run-request.ts'
import type { Finding, InconclusiveReason, VerdictValue } from './verdict.ts'

/** Text fields are null when they never were or have been erased. Times are epoch milliseconds. */
export interface RunView {
  runId: RunId
  /** The run machine's state: preparing planning planBackingOff working concluding done failed awaitingOperator cancelled. */
  state: string
  /** null while the run is under way. */
  outcome: RunOutcome | null
  lane: Lane
  /** The stricter lane it needed, where the operator let it into a looser one; else null. */
  loosenedFrom: Lane | null
  /** Models were scripted: nothing here says anything about real ones. */
  rehearsed: boolean
  containment: Containment
  /** Left out: an ordinary user's run, or one that does not say. */
  asRoot?: true | undefined
  /** How many of the operator's tool folders were left out of its boxes; left out: none, or it does not say. */
  shutTools?: number | undefined
  /** Of the boxed agents: the gate to the models alone, or the machine's own. */
  network: 'gate' | 'host'
  /** Hosts a set-up could reach; null: none was configured, or the run does not say. */
  setupHosts: string[] | null
  independence: 'vendor' | 'session'
  goal: string | null
  base: Oid | null
  /** What is worked around in the repository. */
  notes: RepositoryNote[]
  planOrigin: PlanOrigin | null
  planSummary: string | null
  /** Answers of the planner that were sent back as out of shape. */
  planReturned: number
  planning: PlanningView
  limits: RunLimits
  requestedAt: number
  /** When the run came to rest (final or waiting), null while it goes on. */
  endedAt: number | null
  waitReason: WaitReason | null
  /** null where the run is for something else. */
  sync: SyncView | null
  /** How main stood to the integration branch when the run came to rest; null where that is not known. */
  mainState: MainState | null
  /** Tasks of other runs that were on the integration branch with it, not promoted, when it came to rest. */
  alongside: { taskId: TaskId; title: string | null }[]
  /** What the operator should know about the wait, in the words of what failed. */
  waitDetail: string | null
  /** The limit that stopped the run last, if one did. */
  limit: 'requests' | 'tokens' | 'minutes' | null
  spending: { requests: number; tokens: number; unmeasured: number }
  tasks: TaskView[]
  costs: WorkerCost[]
  launches: LaunchView[]
  failures: EffectFailure[]
  /** How far the machine's clock was set back while the run was under way, in milliseconds: times across that are no measure. */
  clockBackMs: number
  /** Content of this run was erased: texts are missing because of that. */
  erased: boolean
  /** When that was recorded; null where it was not. */
  erasedAt: number | null
  /** It came out of a file: when, and which version wrote that. Left out: it was made here. */
  imported?: { at: number; agentlab: string } | undefined
}

/** How the plan came about, and what became of it since. */
export interface PlanningView {
  purpose: RunPurpose
  /** Who planned; null for a file, or as long as there is no plan. */
  planner: PlannerName | null
  /** Planners that were preferred and could not be used. */
  passedOver: PlannerName[]
  /** What the planner asked, oldest first; null where it was erased or not answered yet. */
  questions: { question: string | null; answer: string | null }[]
  /** What was expected of the plan as it stands, when it was made or edited. */
  forecast: Forecast | null
  /** How often the operator edited the plan. */
  edits: number
  /** When the operator approved it; null where nobody was asked, or nobody did yet. */
  approvedAt: number | null
}

/** Of a run that brings main into the integration branch. */
export interface SyncView {
  /** null until it was tried. */
  kind: 'none' | 'fastForward' | 'merge' | 'conflict' | null
  main: Oid | null
  /** Where the integration branch stood afterwards. */
  base: Oid | null
  checks: { status: ChecksStatus; results: CheckView[] } | null
}

export interface TaskView {
  taskId: TaskId
  /** From 1, as in the plan. */
  number: number
  title: string | null
  kind: TaskKind
  dependsOn: TaskId[]
  worker: WorkerName
  risk: Risk
  /** The task machine's state; `pending` until it has one. */
  state: string
  attempts: AttemptView[]
  base: Oid | null
  tip: Oid | null
  lines: { files: number; added: number; deleted: number } | null
  checks: ChecksView[]
  verdicts: VerdictView[]
  /**
   * `stack` is missing where it landed before there were trains. `rebuiltTip`: the same change on another base, where the
   * branch was rebuilt below it; the verdict was given on `tip`.
   */
  integrated: { commit: Oid; tree: Oid; at: number; stack?: StackView; rebuiltTip: Oid | null } | null
  /** What was said against the work, oldest first, also where it did not send the work back. */
  findings: FindingsView[]
  /** A research task's answer: a model's words. */
  answer: string | null
  /** The same with its claims and what was found of their citations; null: erased, or of an older run. */
  research: ResearchRecord | null
  /** How many claims are cited; null where nothing in the answer could be. Left out: it was not looked at. */
  claims?: ClaimCounts | null | undefined
  waitReason: WaitReason | null
  skippedBecause: TaskId | null
  /** What the operator said to it while it was at work, oldest first; left out: nothing. */
  messages?: MessageView[]
}

/** `text` is null where it was erased, `deliveredAt` where no agent took it (yet). */
export interface MessageView {
  commandId: string
  at: number
  text: string | null
  deliveredAt: number | null
}

/** `with`: the other tasks that landed in the same move of `agent`. */
export type StackView = StackPlace & { with: TaskId[] }

export interface AttemptView {
  /** The attempt's number; a wait for the provider or a restart starts the same one again. */
  n: number
  worker: WorkerName
  /** Missing in older logs. */
  answerer?: Answerer | undefined
  startedAt: number
  endedAt: number | null
  /** null while it runs, or where its end was never seen. */
  outcome: 'answered' | 'failed' | null
  class: FailureClass | null
  /** Why it failed, in the words of what failed; left out: it did not, or nobody knows any more. */
  error?: string
  usage: Usage
  /** Lines of its output that were lost to the output bound. */
  dropped: number
  resumed: boolean
  /** What came of it: a harvested tip, no change at all, or work the policy refused. */
  work: 'harvested' | 'empty' | 'refused' | null
  /** AgentLab committed what it had left uncommitted. */
  uncommitted: boolean
}

export interface CheckView {
  name: string
  status: CheckStatus
  exitCode: number | null
  durationMs: number
  /** null when that is no longer known. */
  cached: boolean | null
  /** Could make user namespaces in its box; left out: no. */
  userNamespaces?: true | undefined
}

export interface ChecksView {
  at: number
  attempt: number
  tip: Oid
  agent: Oid
  /** The merge result the checks ran on. */
  tree: Oid
  status: ChecksStatus
  results: CheckView[]
  /** Of a train: the tasks merged into the tree, from the bottom; where it sent a tip back, those the tip fails with. */
  stack?: TaskId[]
}

export interface VerdictView {
  at: number
  attempt: number
  tip: Oid
  /** null when no verifier could be had. */
  verifier: WorkerName | null
  value: VerdictValue
  inconclusive: InconclusiveReason | null
  sameVendor: boolean
  /** Missing in older logs, and where nobody judged. */
  answerer?: Answerer | undefined
  sameModel?: boolean | undefined
  findings: Finding[]
  summary: string | null
  /** Commands the verifier says it ran; claims. */
  ran: { command: string; exitCode: number }[]
  class: FailureClass | null
  usage: Usage
}

export type FindingsSource =
  | 'rejected'
  | 'harvest'
  | 'empty'
  | 'refused'
  | 'conflict'
  | 'checks'
  | 'environment'
  | 'verdict'

export interface FindingsView {
  at: number
  attempt: number
  source: FindingsSource
  contentId: ContentId
  /** null when erased or unreadable. */
  findings: Finding[] | null
}

export interface WorkerCost {
  worker: WorkerName
  roles: Role[]
  requests: number
  /** Tokens that were measured; null when no request of this worker was. */
  input: number | null
  cached: number | null
  output: number | null
  /** Requests answered well whose usage the wire did not tell. */
  unmeasured: number
  /** Time spent waiting for the provider, summed over requests. */
  waitedMs: number
}

export interface LaunchView {
  taskId: TaskId | null
  /** `worker claude`, `check test`, `setup`, … */
  what: string
  startedAt: number
  endedAt: number | null
  exitCode: number | null
  signal: string | null
}

export interface EffectFailure {
  at: number
  taskId: TaskId | null
  effect: string
  text: string | null
}
