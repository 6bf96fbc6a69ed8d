/**
 * Runs one agent CLI once: token, command, box, stream, watchdog, conclusion. Every role goes through here; nothing else
 * starts an agent.
 */
import { mkdir, rm, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import type { EffectiveConfig } from '../config/effective.ts'
import { readTail } from '../config/with-file.ts'
import { type AttemptEnd, type ProcessEnd, unmeasured } from '../domain/attempt.ts'
import { AgentLabError, exitCode } from '../domain/errors.ts'
import type { Lane, Provider, Role, WorkerName } from '../domain/lane.ts'
import type { Laned } from '../domain/laned.ts'
import type { WorkerEvent } from '../domain/worker-event.ts'
import { answererOf } from '../lanes/answerer.ts'
import type { Credential, Grant } from '../lanes/gateway/grant.ts'
import { modelsFor, policyOf } from '../lanes/policy.ts'
import type { LaunchEnd, LaunchedProcess } from '../process/launch.ts'
import { tailLines } from '../process/tail.ts'
import { identityHeaders } from '../rehearsal/identity.ts'
import { workers } from '../workers/registry.ts'
import type { StreamReader, Worker } from '../workers/worker.ts'
import { readyAgent } from './agent-command.ts'
import { credentialOf, installationOf } from './agents.ts'
import { outgrownSentence, watchedBounds } from './box-bounds.ts'
import { startInBox } from './box-command.ts'
import type { Host, RunScope, WireNotes } from './host.ts'
import { ownServerDetail } from './own-server-words.ts'
import { ownServers, serverKeys } from './own-servers.ts'
import type { Seat } from './seats.ts'
import type { Inbox } from './steering.ts'
import { openTranscript } from './transcript.ts'

export interface AgentErrand {
  role: Role
  worker: WorkerName
  seat: Seat
  taskId: string | null
  /** The task's key in its plan, for a rehearsal to find its script by. */
  taskKey: string | null
  /** Attempt of a worker, round of a verifier, try of a planner; from 1. */
  attempt: number
  launch: number
  prompt: Laned
  schema: Record<string, unknown> | null
  resume: string | null
  onSession?: (sessionId: string) => void
  /** What the operator says to it meanwhile; null: it takes no messages. */
  inbox?: Inbox | null
  /** Told everything that was understood of the stream, in order; nothing of it is kept in memory here. */
  onEvent?: (event: WorkerEvent) => void
}

export interface AgentResult {
  end: AttemptEnd
  /** Bytes of standard output that were dropped past the bound. */
  dropped: number
}

export const runAgent = async (
  host: Host,
  scope: RunScope,
  errand: AgentErrand,
  signal: AbortSignal,
): Promise<AgentResult> => {
  signal.throwIfAborted()
  const worker = workers[errand.worker]
  const installation = await installationOf(errand.worker, scope.config, host.project.env)
  if (installation === null) {
    throw new AgentLabError(`${worker.program} failed to start: it is not on PATH`, {
      code: 'agent-missing',
      cure: `Install ${worker.program}, or name it in ~/.config/agentlab/config.yaml.`,
    })
  }
  const grant = await grantFor(host, scope, errand)
  const token = host.gateway.issueToken(grant)
  try {
    const ready = await readyAgent(host, scope, errand, {
      installation,
      token,
      credentialKind: grant.credential.kind === 'claude-oauth' ? 'claude-oauth' : 'key',
    })
    const { prepared } = ready
    const files = outputFiles(errand.seat)
    await rm(files.stdout, { force: true })
    await rm(files.stderr, { force: true })
    await writeFile(files.stdin, prepared.stdin, { mode: 0o600 })
    const process = await startInBox(host, scope, {
      seat: errand.seat,
      taskId: errand.taskId,
      what: `${errand.role} ${errand.worker}`,
      file: prepared.file,
      args: prepared.args,
      env: ready.env,
      cwd: errand.seat.workspace,
      stdinPath: files.stdin,
      stdoutPath: files.stdout,
      stderrPath: files.stderr,
      readable: ready.readable,
      logins: ready.logins,
      network: ready.network,
      limits: { wallMs: scope.request.limits.attemptWallMs },
    })
    const started = {
      worker,
      process,
      files,
      stopSignal: prepared.stopSignal,
      wire: host.wireNotesOf(grant),
      provider: grant.provider,
    }
    return await follow(host, scope, errand, started, signal)
  } finally {
    host.gateway.revokeToken(token)
  }
}

const outputFiles = (seat: Seat) => ({
  stdin: join(seat.io, 'prompt.md'),
  stdout: join(seat.io, 'agent.stdout'),
  stderr: join(seat.io, 'agent.stderr'),
})

/** Who may be asked, with which credential. A rehearsed run asks the scripted model and needs none. */
const grantFor = async (host: Host, scope: RunScope, errand: AgentErrand): Promise<Grant> => {
  const { provider } = answererOf(errand.worker, scope.lane, scope.config)
  const common = {
    runId: scope.runId,
    taskId: errand.taskId,
    attempt: errand.attempt,
    role: errand.role,
    worker: errand.worker,
    lane: scope.lane,
    provider,
  }
  if (scope.rehearsed) {
    const rehearsal = await host.rehearsalOf(scope)
    return {
      ...common,
      upstreams: [{ name: 'rehearsal', url: rehearsal.origin }],
      // A local gate passes listed models only; the script answers for any.
      ...(provider === 'local' ? { models: ['*'] } : {}),
      credential: { kind: 'none', read: async () => '' },
      headers: identityHeaders({
        role: errand.role,
        worker: errand.worker,
        task: errand.taskKey,
        attempt: errand.attempt,
        launch: errand.launch,
      }),
    }
  }
  return {
    ...common,
    ...upstreamOf(scope, provider),
    credential: await learnedCredential(host, scope, provider),
  }
}

/** Where a lane's requests to a provider really go, and for which models: to be spread into a grant. */
export const upstreamOf = (
  { lane, config }: Pick<RunScope, 'lane' | 'config'>,
  provider: Provider,
): Pick<Grant, 'upstreams' | 'models'> => ({
  upstreams: mayAsk(provider, lane, config),
  models: modelsFor(lane, provider, config),
})

/** Nobody, where the provider may see no data of the lane: a worker that asks it is not chosen, and would get no further. */
const mayAsk = (provider: Provider, lane: Lane, config: EffectiveConfig): Grant['upstreams'] => {
  if (!policyOf(lane, config).providers.includes(provider)) return []
  return provider === 'local' ? ownServers(config) : [{ name: provider, url: config.upstreams[provider] }]
}

/** A login that was renewed since the supervisor began is known before it is first used. */
const learnedCredential = async (host: Host, scope: RunScope, provider: Provider): Promise<Credential> => {
  const credential = await credentialOf(provider, scope.config, host.project.env)
  host.redactor.learn(serverKeys(scope.config, host.project.env))
  const read = async (): Promise<string> => {
    const secret = await credential.read()
    host.redactor.learn([secret])
    return secret
  }
  return { ...credential, read }
}

interface Started {
  worker: Worker
  process: LaunchedProcess
  files: ReturnType<typeof outputFiles>
  stopSignal: 'SIGINT' | 'SIGTERM'
  wire: WireNotes
  provider: Provider
}

const graceMs = 2_000
/** Looking for messages costs one query. */
const postMs = 200

/** Reads the stream to its end, keeps the normalised transcript, and stops a process that is silent for too long. */
const follow = async (
  host: Host,
  scope: RunScope,
  errand: AgentErrand,
  started: Started,
  signal: AbortSignal,
): Promise<AgentResult> => {
  const { process, files } = started
  const reader: StreamReader = started.worker.reader({ schema: errand.schema, resume: errand.resume })
  const transcript = openTranscript(await transcriptPath(host, scope, errand), scope, host)
  let heardAt = host.now()
  const hear = (line: string): void => {
    const heard = reader.read(line)
    // A CLI that only says it tries again shows no sign of life: codex does so for ever without a server.
    if (heard.some(event => event.type !== 'retry')) heardAt = host.now()
    for (const event of heard) {
      transcript.write(event)
      errand.onEvent?.(event)
      if (event.type === 'session') errand.onSession?.(event.sessionId)
      if (event.type === 'steered') errand.inbox?.taken(event.id)
    }
  }
  const tail = tailLines(files.stdout, { onLine: hear, droppedBytes: () => process.droppedBytes('stdout') })
  const stop = (reason: 'cancelled' | 'stalled'): void =>
    void process.stop(reason, { signal: started.stopSignal, graceMs })
  const onAbort = (): void => stop('cancelled')
  signal.addEventListener('abort', onAbort, { once: true })
  if (signal.aborted) onAbort()
  const watchdog = setInterval(() => {
    const { toolSilenceMs, modelSilenceMs } = scope.request.limits
    const silentMs = host.now() - Math.max(heardAt, started.wire.heardAt)
    if (silentMs > (reader.hasOpenTool() ? toolSilenceMs : modelSilenceMs)) stop('stalled')
  }, 1_000)
  const postman = setInterval(() => void errand.inbox?.post(), postMs)
  try {
    const end = await process.ended
    await tail.stop()
    refuseWithoutWall(end, errand)
    const concluded = conclude(reader, end, await readTail(files.stderr, stderrTailBytes))
    const outgrown = outgrownSentence(end.stopped, watchedBounds(host.project, scope))
    const told = concluded.outcome === 'failed' && outgrown !== null ? { ...concluded, detail: outgrown } : concluded
    return { end: withWire(told, started, errand.worker), dropped: end.dropped.stdout }
  } finally {
    clearInterval(watchdog)
    clearInterval(postman)
    signal.removeEventListener('abort', onAbort)
    await transcript.close()
    for (const path of Object.values(files)) await rm(path, { force: true })
  }
}

type Spoken = Pick<AgentErrand, 'role' | 'worker' | 'taskId' | 'attempt'>

/** Where all starts of one attempt are kept. */
export const transcriptOf = (
  host: Host,
  scope: Pick<RunScope, 'runId'>,
  { role, worker, taskId, attempt }: Spoken,
): string => join(host.project.paths.transcripts, taskId ?? scope.runId, `${role}-${worker}-${attempt}.jsonl`)

const transcriptPath = async (host: Host, scope: RunScope, errand: AgentErrand): Promise<string> => {
  const path = transcriptOf(host, scope, errand)
  await mkdir(dirname(path), { recursive: true, mode: 0o700 })
  return path
}

/** The wire knows better than the CLI what was spent, and often how long to wait. */
const withWire = (end: AttemptEnd, { wire, provider }: Started, worker: WorkerName): AttemptEnd => {
  const usage = wire.usage.input === null && wire.usage.output === null ? end.usage : wire.usage
  if (end.outcome === 'answered') return { ...end, usage }
  const detail = provider === 'local' ? ownServerDetail(worker, wire.status, end.detail) : end.detail
  return { ...end, detail, usage, retryAt: end.retryAt ?? wire.retryAt }
}

/** A box that could not be built is no failure of the agent: nothing of it ever ran. */
const refuseWithoutWall = (end: LaunchEnd, errand: AgentErrand): void => {
  if (end.failedToStart === null) return
  throw new AgentLabError(`${errand.role} ${errand.worker} failed to start: ${end.failedToStart}`, {
    code: 'no-wall',
    cure: 'See what is missing with agentlab doctor.',
    exit: exitCode.noWall,
  })
}

/** An adapter must not throw; if one does, the attempt crashed and says so. */
const conclude = (reader: StreamReader, end: ProcessEnd, stderr: string): AttemptEnd => {
  try {
    return reader.conclude(end, stderr)
  } catch (error) {
    const detail = `the adapter failed on the stream: ${error instanceof Error ? error.message : String(error)}`
    return { outcome: 'failed', class: 'malformed', detail, retryAt: null, sessionId: null, usage: unmeasured }
  }
}

const stderrTailBytes = 64 * 1024
