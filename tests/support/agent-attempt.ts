/** Runs a real agent CLI once, boxed, against the rehearsal behind the gateway, as the program itself does. */
import { execFile } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { homedir, tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { promisify } from 'node:util'
import type { AttemptEnd } from '../../src/domain/attempt.ts'
import type { Role, WorkerName } from '../../src/domain/lane.ts'
import { type Provider, vendorOf } from '../../src/domain/lane.ts'
import type { WorkerEvent } from '../../src/domain/worker-event.ts'
import type { LeaveOut } from '../../src/git/checkout.ts'
import { openRepository, type Repository } from '../../src/git/repository.ts'
import { createWorkspace } from '../../src/git/workspace.ts'
import { boxPolicy } from '../../src/lanes/box.ts'
import { type Gateway, startGateway } from '../../src/lanes/gateway/gateway.ts'
import type { Credential } from '../../src/lanes/gateway/grant.ts'
import { type LaunchEnd, type LaunchedProcess, launch } from '../../src/process/launch.ts'
import { tailLines } from '../../src/process/tail.ts'
import { identityHeaders } from '../../src/rehearsal/identity.ts'
import { parseScenario } from '../../src/rehearsal/scenario.ts'
import { type RecordedRequest, type Rehearsal, startRehearsal } from '../../src/rehearsal/server.ts'
import { findInstallation } from '../../src/workers/locate.ts'
import { workers } from '../../src/workers/registry.ts'
import type { CredentialKind, Installation, PreparedAttempt, SeatPaths } from '../../src/workers/worker.ts'
import { type Recorder, startRecorder } from './recorder.ts'

const packageRoot = join(import.meta.dirname, '../..')
const binaries = join(packageRoot, 'node_modules/.bin')
const toolPath = `${dirname(process.execPath)}:/usr/local/bin:/usr/bin:/bin`
const execute = promisify(execFile)
/** As in the program itself: each box has a loopback of its own. */
const gatePort = 48_787
const identity = { name: 'Agent', email: 'agent@example.com' }

/** Where everything of one test file lives. */
export interface Stage {
  scratch: string
  /** For gates: short, as a socket's path must be. */
  sockets: string
  gateway: Gateway
  rehearsal: Rehearsal
  /** Bodies of all requests that reached the model, in order. */
  recorder: Recorder
  close: () => Promise<void>
}

export const openStage = async (scenario: string): Promise<Stage> => {
  await mkdir(join(packageRoot, '.scratch'), { recursive: true })
  const scratch = await mkdtemp(join(packageRoot, '.scratch', 'agents-'))
  const sockets = await mkdtemp(join(tmpdir(), 'agentlab-gates-'))
  const rehearsal = await startRehearsal(parseScenario(scenario, 'test.yaml'))
  const recorder = await startRecorder(rehearsal.origin)
  const gateway = await startGateway({ allow: async () => ({ ok: true }), meter: () => {}, clock: Date.now })
  const close = async (): Promise<void> => {
    await Promise.all([gateway.close(), recorder.close(), rehearsal.close()])
    await rm(sockets, { recursive: true, force: true })
    await rm(scratch, { recursive: true, force: true, maxRetries: 5 })
  }
  return { scratch, sockets, gateway, rehearsal, recorder, close }
}

export const findAgent = async (worker: WorkerName): Promise<Installation> => {
  const { program } = workers[worker]
  const places = { pathEnv: binaries, nodePath: process.execPath, home: homedir() }
  const installation = await findInstallation({ worker, program, ...places, isTrial: false })
  if (installation === null) throw new Error(`${worker} is not installed: run npm ci`)
  return installation
}

export const gitIn = async (directory: string, ...args: string[]): Promise<string> =>
  (await execute('git', ['-C', directory, ...args])).stdout.trim()

/** A repository with one commit that holds these files. */
export const makeRepository = async (directory: string, files: Record<string, string>): Promise<string> => {
  await mkdir(directory, { recursive: true })
  await gitIn(directory, 'init', '-q', '-b', 'main')
  for (const [path, content] of Object.entries(files)) {
    await mkdir(dirname(join(directory, path)), { recursive: true })
    await writeFile(join(directory, path), content, { mode: path.endsWith('.sh') ? 0o755 : 0o644 })
  }
  await gitIn(directory, 'add', '-A', '-f')
  await gitIn(directory, '-c', 'user.name=Op', '-c', 'user.email=op@example.com', 'commit', '-q', '-m', 'base')
  return directory
}

export interface Seat extends SeatPaths {
  base: string
  repository: Repository
}

/** A seat with a quarantined workspace at the repository's tip; `nothing` leaves even agent config in it. */
export const makeSeat = async (
  stage: Stage,
  repositoryDirectory: string,
  leaveOut: LeaveOut = 'agentConfig',
): Promise<Seat> => {
  const root = await mkdtemp(join(stage.scratch, 'seat-'))
  const at = (name: string): string => join(root, name)
  const seat = {
    root,
    workspace: at('workspace'),
    home: at('home'),
    agent: at('agent'),
    out: at('out'),
    tmp: at('tmp'),
  }
  for (const directory of [seat.home, seat.agent, seat.out, seat.tmp]) await mkdir(directory, { mode: 0o700 })
  const repository = await openRepository(repositoryDirectory)
  const base = await gitIn(repositoryDirectory, 'rev-parse', 'HEAD')
  const dirs = { workspace: seat.workspace, gitDir: at('git') }
  await createWorkspace({ repository, dirs, commit: base, branch: 'work', identity, leaveOut })
  return { ...seat, base, repository }
}

export interface AttemptRequest {
  worker: WorkerName
  installation: Installation
  seat: Seat
  /** The scenario's key. */
  task: string
  role?: Role
  /** Whom it asks; its vendor unless told. */
  provider?: Provider
  model?: string
  /** That its gate lets through; of a local provider any unless told. */
  models?: string[]
  attempt?: number
  prompt?: string
  schema?: Record<string, unknown> | null
  resume?: string | null
  credentialKind?: CredentialKind
  /** The operator's login; none unless told, as in a rehearsed run. */
  credential?: Credential
  /** Instead of the gateway: an origin nobody listens on, say. */
  origin?: string
  /** Stopped as stalled after so long without an event that is not a retry. */
  silenceMs?: number
  /** Told each event; gets the running process and a way to hurt the CLI itself, as an outsider would. */
  onEvent?: (event: WorkerEvent, running: LaunchedProcess, kill: (signal: NodeJS.Signals) => Promise<void>) => void
  /** Changes what the adapter prepared: for controls that show what its protections are for. */
  change?: (prepared: PreparedAttempt) => PreparedAttempt
}

export interface AttemptResult {
  events: WorkerEvent[]
  end: AttemptEnd
  process: LaunchEnd
  stderr: string
  requests: RecordedRequest[]
  wallMs: number
}

/** Pids of living processes whose environment names this directory. */
export const aliveIn = async (directory: string): Promise<number[]> => {
  const pids = (await readdir('/proc')).filter(name => /^\d+$/.test(name)).map(Number)
  const alive = await Promise.all(
    pids.map(async pid => {
      try {
        const status = await readFile(`/proc/${pid}/stat`, 'utf8')
        const environment = await readFile(`/proc/${pid}/environ`, 'utf8')
        return environment.includes(directory) && !/^\d+ \(.*\) Z/s.test(status)
      } catch {
        return false
      }
    }),
  )
  return pids.filter((_, index) => alive[index])
}

/** The agent's own process: the first one of the seat that is neither the box nor its bridge. */
const agentOf = async (seat: SeatPaths): Promise<number | undefined> => {
  const pids = await aliveIn(seat.root)
  const names = await Promise.all(pids.map(pid => readFile(`/proc/${pid}/comm`, 'utf8').catch(() => 'bwrap')))
  return pids.find((_, index) => !['bwrap', 'socat', 'sh'].includes(names[index]!.trim()))
}

const limits = {
  wallMs: 120_000,
  outputBytes: 64 * 1024 * 1024,
  processes: 2_000,
  fileBytes: 1024 ** 3,
  openFiles: 4_096,
}

export const runAttempt = async (stage: Stage, request: AttemptRequest): Promise<AttemptResult> => {
  const { seat, installation, role = 'worker', attempt = 1, schema = null, resume = null } = request
  const worker = workers[request.worker]
  const provider = request.provider ?? vendorOf[request.worker]
  const credentialKind = request.credentialKind ?? 'key'
  const token = stage.gateway.issueToken({
    runId: 'k3m9q2x7',
    taskId: null,
    attempt,
    role,
    worker: request.worker,
    lane: 'personal',
    provider,
    upstreams: [{ name: 'recorder', url: stage.recorder.origin }],
    ...(provider === 'local' ? { models: request.models ?? ['*'] } : {}),
    credential: request.credential ?? { kind: 'none', read: async () => '' },
    headers: identityHeaders({ role, worker: request.worker, task: request.task, attempt }),
  })
  const socket = join(stage.sockets, `${randomUUID().slice(0, 8)}.sock`)
  await stage.gateway.openGate(token, socket)
  const prompt = request.prompt ?? `Do the task ${request.task}.`
  const plain = worker.prepare({
    role,
    seat,
    installation,
    provider,
    model: request.model ?? null,
    prompt,
    schema,
    sessionId: randomUUID(),
    resume,
    gateway: { origin: request.origin ?? `http://127.0.0.1:${gatePort}`, token, credentialKind },
    identity,
    path: toolPath,
  })
  const prepared = request.change?.(plain) ?? plain
  for (const file of prepared.files) {
    await mkdir(dirname(file.path), { recursive: true })
    await writeFile(file.path, file.content, { mode: 0o600 })
  }
  const name = randomUUID()
  const paths = {
    in: join(seat.out, `${name}.in`),
    out: join(seat.out, `${name}.out`),
    err: join(seat.out, `${name}.err`),
  }
  await writeFile(paths.in, prepared.stdin)

  const policy = boxPolicy({
    containment: 'boxed',
    seatRoot: seat.root,
    dataDir: stage.scratch,
    home: homedir(),
    repoRoot: seat.repository.root,
    objectDirs: seat.repository.objectDirs,
    toolPrefixes: installation.prefixes,
    extraReadable: [dirname(process.execPath)],
    network: { socket, port: gatePort },
    limits,
  })
  const launched = await launch(policy, {
    file: prepared.file,
    args: prepared.args,
    cwd: seat.workspace,
    env: prepared.env,
    stdinPath: paths.in,
    stdoutPath: paths.out,
    stderrPath: paths.err,
  })
  const reader = worker.reader({ schema, resume })
  const events: WorkerEvent[] = []
  let heardAt = Date.now()
  const kill = async (signal: NodeJS.Signals): Promise<void> => {
    const pid = await agentOf(seat)
    if (pid !== undefined) process.kill(pid, signal)
  }
  const tail = tailLines(paths.out, {
    droppedBytes: () => launched.droppedBytes('stdout'),
    onLine: line => {
      for (const event of reader.read(line)) {
        if (event.type !== 'retry') heardAt = Date.now()
        events.push(event)
        request.onEvent?.(event, launched, kill)
      }
    },
  })
  const watchdog = setInterval(() => {
    if (request.silenceMs !== undefined && Date.now() - heardAt > request.silenceMs)
      void launched.stop('stalled', { signal: prepared.stopSignal, graceMs: 1_000 })
  }, 100)
  const end = await launched.ended
  clearInterval(watchdog)
  await tail.stop()
  stage.gateway.revokeToken(token)
  const stderr = await readFile(paths.err, 'utf8')
  const requests = stage.rehearsal
    .requests()
    .filter(seen => seen.identity?.task === request.task && seen.identity.worker === request.worker)
  return {
    events,
    end: reader.conclude(end, stderr.slice(-65_536)),
    process: end,
    stderr,
    requests,
    wallMs: end.endedAt - end.startedAt,
  }
}
