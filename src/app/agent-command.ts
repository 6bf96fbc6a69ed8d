/**
 * An agent's command in its seat, ready for its box: the door to its token open, its private configuration written, its
 * environment whole. The same for a run and for the operator who looks into the box by hand.
 */
import { randomUUID } from 'node:crypto'
import type { Role, WorkerName } from '../domain/lane.ts'
import { type Laned, wordsFor } from '../domain/laned.ts'
import type { Network } from '../domain/launch.ts'
import { workers } from '../workers/registry.ts'
import type { CredentialKind, Installation, PreparedAttempt } from '../workers/worker.ts'
import type { Host, RunScope } from './host.ts'
import { askingOf } from './local-choice.ts'
import { portsOf, portVariables } from './ports.ts'
import { type Seat, writeInSeat } from './seats.ts'
import { type Inbox, inboxOf } from './steering.ts'
import { pathOf, toolchainOf } from './toolchain.ts'

export interface ReadyAgent {
  prepared: PreparedAttempt
  env: Record<string, string>
  readable: string[]
  logins: string[]
  network: Network
}

/** What is asked of the agent; see AgentErrand. */
interface Order {
  role: Role
  worker: WorkerName
  seat: Seat
  prompt: Laned
  schema: Record<string, unknown> | null
  resume: string | null
  inbox?: Inbox | null
}

/** No process of the seat may be alive. The token is one that was issued and not revoked. */
export const readyAgent = async (
  host: Host,
  scope: RunScope,
  order: Order,
  login: { installation: Installation; token: string; credentialKind: CredentialKind },
): Promise<ReadyAgent> => {
  const { seat, worker, role, prompt, schema, resume } = order
  const { installation, token, credentialKind } = login
  const toolchain = await toolchainOf(scope.config, host.project.env)
  const door = await openDoor(host, scope, token)
  const prepared = workers[worker].prepare({
    role,
    seat,
    installation,
    ...askingOf(worker, scope.lane, scope.config),
    prompt: wordsFor(scope, prompt),
    schema,
    ...(order.inbox ? { inbox: inboxOf(seat) } : {}),
    sessionId: randomUUID(),
    resume,
    gateway: { origin: door.origin, token, credentialKind },
    identity: host.identity,
    path: pathOf(toolchain, scope.request.containment, host.project.env),
  })
  for (const file of prepared.files) await writeInSeat(seat, file.path, file.content)
  return {
    prepared,
    env: {
      ...toolchain.env,
      ...prepared.env,
      ...portVariables(await portsOf(host, scope, seat)),
      AGENTLAB_RUN: scope.runId,
    },
    readable: [...installation.prefixes, ...toolchain.readable, seat.io],
    logins: toolchain.logins,
    network: door.network,
  }
}

/** The port of the gate in every box: the box's loopback is its own, so all can have the same. */
export const gatePort = 48_787

/**
 * In a box a gate for this token alone, and no other network; without one the gateway's port. On macOS a box has the
 * machine's loopback, and may speak to one port of it.
 */
export const openDoor = async (
  host: Host,
  scope: RunScope,
  token: string,
): Promise<{ origin: string; network: Network }> => {
  if (scope.request.containment === 'unboxed') return { origin: host.gateway.origin, network: 'host' }
  if (process.platform === 'darwin') {
    const port = await host.gateway.openPort(token)
    return { origin: `http://127.0.0.1:${port}`, network: { socket: null, port } }
  }
  const socket = host.nextSocketPath()
  await host.gateway.openGate(token, socket)
  return { origin: `http://127.0.0.1:${gatePort}`, network: { socket, port: gatePort } }
}
