/** Opens what the effects of one supervisor stand on: the gateway with its limits and meter, and the scripted models. */
import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { makeRuntimeDir } from '../config/runtime-dir.ts'
import { createRedactor } from '../domain/redaction/redactor.ts'
import { keepReader } from '../git/object-reader.ts'
import { operatorIdentity } from '../git/operator-config.ts'
import { startGateway } from '../lanes/gateway/gateway.ts'
import type { Grant, MeterRecord } from '../lanes/gateway/grant.ts'
import { parseScenario } from '../rehearsal/scenario.ts'
import { type Rehearsal, startRehearsal } from '../rehearsal/server.ts'
import { openPlaceLocks } from '../store/place-locks.ts'
import type { RequestRow } from '../store/requests.ts'
import type { Host, RunScope } from './host.ts'
import { type LimitName, limitKeeper } from './limits.ts'
import { ownSecrets } from './own-secrets.ts'
import { placesDir } from './own-servers.ts'
import type { Project } from './project.ts'
import { steadyClock } from './steady-clock.ts'
import { createWireNotebook } from './wire-notes.ts'

export interface HostOptions {
  log: (line: string) => void
  /** A request was refused because the run's limit is reached; called for each. */
  onLimit: (runId: string, limit: LimitName) => void
  /** What was spent could not be recorded: no request may leave any more. */
  onFatal: (error: unknown) => void
  /** The time of day in epoch milliseconds; the machine's unless told. */
  wall?: () => number
  /** Why no request may leave, whatever its run's limits are. */
  sendsNothing?: string
}

/** `close` cuts what runs and stops listening. */
export const openHost = async (
  project: Project,
  options: HostOptions,
): Promise<{ host: Host; close: () => Promise<void> }> => {
  const { store } = project
  const now = steadyClock(options.wall)
  const notebook = createWireNotebook()
  const reader = keepReader(project.repository)
  const redactor = createRedactor(await ownSecrets(project))
  const runtimeDir = makeRuntimeDir(project.dataDir, project.env)
  let sockets = 0
  const rehearsals = new Map<string, Promise<Rehearsal>>()
  const permit = limitKeeper(store, options.onLimit)
  const sharedPlaces = openPlaceLocks(placesDir(project.env))
  const gateway = await startGateway({
    allow: async (grant, { inputEstimate }) =>
      options.sendsNothing === undefined
        ? permit(grant, inputEstimate, now())
        : { ok: false, limit: 'none', message: `AgentLab: ${options.sendsNothing}` },
    heard: grant => notebook.heard(grant, now()),
    rests: (grant, waitMs) => notebook.rests(grant, now() + waitMs),
    meter: (grant, record) => {
      try {
        notebook.metered(grant, record)
        store.requests.add(requestRow(grant, record))
      } catch (error) {
        options.onFatal(error)
      }
    },
    told: (grant, text) => host.log(`${grant.runId}: ${text}`),
    clock: now,
    env: project.env,
    sharedPlaces,
  })
  const host: Host = {
    project,
    gateway,
    wireNotesOf: notebook.of,
    identity: (await operatorIdentity(project.repository)) ?? {
      name: 'AgentLab operator',
      email: 'operator@localhost',
    },
    nextSocketPath: () => join(runtimeDir, `${++sockets}.sock`),
    redactor,
    rehearsalOf: scope => {
      const started = rehearsals.get(scope.runId) ?? startScript(project, scope)
      rehearsals.set(scope.runId, started)
      return started
    },
    now,
    random: Math.random,
    log: line => options.log(redactor.redact(line)),
  }
  const close = async (): Promise<void> => {
    reader.close()
    await gateway.close()
    sharedPlaces.close()
    await rm(runtimeDir, { recursive: true, force: true })
    for (const rehearsal of rehearsals.values()) await rehearsal.then(started => started.close()).catch(() => undefined)
  }
  return { host, close }
}

const requestRow = (grant: Grant, record: MeterRecord): RequestRow => ({
  runId: grant.runId,
  taskId: grant.taskId,
  attempt: grant.attempt,
  role: grant.role,
  worker: grant.worker ?? 'claude',
  provider: grant.provider,
  model: record.model,
  status: record.status,
  input: record.input,
  cached: record.cached,
  output: record.output,
  startedAt: record.startedAt,
  endedAt: record.endedAt,
})

const startScript = async (project: Project, scope: RunScope): Promise<Rehearsal> => {
  const text = project.store.content.text(scope.request.scenarioContentId ?? '') ?? ''
  return startRehearsal(parseScenario(text, 'the scenario'))
}
