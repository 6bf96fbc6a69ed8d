/** The inside of the operator's box: workspace, environment, toolchain and gate, as a worker of the lane gets them. */
import type { WorkerName } from '../../domain/lane.ts'
import { laned } from '../../domain/laned.ts'
import { treeOf } from '../../git/refs.ts'
import { createWorkspace } from '../../git/workspace.ts'
import { answererOf } from '../../lanes/answerer.ts'
import type { Grant } from '../../lanes/gateway/grant.ts'
import { baseEnvironment } from '../../workers/environment.ts'
import { workers } from '../../workers/registry.ts'
import { openDoor, type ReadyAgent, readyAgent } from '../agent-command.ts'
import { installationOf } from '../agents.ts'
import { environmentAtHand } from '../environment/environment.ts'
import type { Host, RunScope } from '../host.ts'
import { portsOf, portVariables } from '../ports.ts'
import type { Seat } from '../seats.ts'
import { pathOf, toolchainOf } from '../toolchain.ts'
import { furnish } from '../workspace.ts'
import { boxFailure } from './order.ts'

/** As a worker finds it. Nothing is pinned: what HEAD stands on is held for longer than any command runs. */
export const fillWorkspace = async (host: Host, scope: RunScope, seat: Seat): Promise<void> => {
  const { repository } = host.project
  const commit = scope.base!
  const tree = await treeOf(repository, commit)
  const environment = await environmentAtHand(host, scope, tree)
  const request = { repository, dirs: seat.dirs, commit, branch: 'box', identity: host.identity }
  await furnish(host, scope, seat, { tree, environment, checkOut: kept => createWorkspace({ ...request, ...kept }) })
}

/**
 * Environment and door of a worker. Its gate answers and refuses: no credential is read, no upstream known.
 * @throws AgentLabError `agent-missing` (exit 2)
 */
export const insideOf = async (
  host: Host,
  scope: RunScope,
  seat: Seat,
  worker: WorkerName | null,
): Promise<Pick<ReadyAgent, 'env' | 'readable' | 'logins' | 'network'>> => {
  const token = host.gateway.issueToken(closedGrant(scope, worker))
  if (worker === null) {
    const { network } = await openDoor(host, scope, token)
    const toolchain = await toolchainOf(scope.config, host.project.env)
    const path = pathOf(toolchain, scope.request.containment, host.project.env)
    const env = baseEnvironment({ seat, identity: host.identity, path, role: 'worker' })
    const ports = portVariables(await portsOf(host, scope, seat))
    return {
      env: { ...toolchain.env, ...env, ...ports },
      readable: [...toolchain.readable, seat.io],
      logins: toolchain.logins,
      network,
    }
  }
  const installation = await installationOf(worker, scope.config, host.project.env)
  if (installation === null)
    throw boxFailure(
      `worker ${worker}: the program ${workers[worker].program} is not on PATH`,
      'agent-missing',
      `Install ${workers[worker].program}, or leave --worker out.`,
    )
  const order = { role: 'worker' as const, worker, seat, prompt: laned('', scope), schema: null, resume: null }
  return readyAgent(host, scope, order, { installation, token, credentialKind: 'key' })
}

const closedGrant = (scope: RunScope, worker: WorkerName | null): Grant => ({
  runId: scope.runId,
  taskId: null,
  attempt: 1,
  role: 'worker',
  worker,
  lane: scope.lane,
  provider: worker === null ? 'local' : answererOf(worker, scope.lane, scope.config).provider,
  // The run's limits refuse before anybody is looked for: there is no run.
  upstreams: [{ name: 'nobody', url: '' }],
  credential: { kind: 'none', read: async () => '' },
})
