/**
 * `agentlab box`: the operator's own command in exactly the box that a worker of a lane gets, made by the same functions,
 * in a throw-away workspace of the commit HEAD stands on. Nothing is sent to a model: there is no run to account for it.
 */
import { isAbsolute } from 'node:path'
import type { ProcessEnd } from '../../domain/attempt.ts'
import { exitCode } from '../../domain/errors.ts'
import { duration } from '../../domain/measures.ts'
import { probeBox } from '../../process/box-probe.ts'
import type { LaunchEnd, LaunchedProcess } from '../../process/launch.ts'
import { outgrownSentence, watchedBounds } from '../box-bounds.ts'
import { startInBox } from '../box-command.ts'
import { programOf } from '../configured-command.ts'
import type { Host, RunScope } from '../host.ts'
import { openHost } from '../open-host.ts'
import type { Project } from '../project.ts'
import { makeSeat, type Seat, seatAt } from '../seats.ts'
import { type FoundProgram, findCommand } from '../toolchain.ts'
import { attend, type BoxHands } from './attend.ts'
import { fillWorkspace, insideOf } from './inside.ts'
import { type BoxOrder, boxFailure, scopeOfBox } from './order.ts'

const sendsNothing = 'agentlab box sends nothing to a model, because there is no run to account for it'

/**
 * Runs the command on this process's own standard streams to its end. The project is one that is thrown away afterwards.
 * @throws AgentLabError `box-bound` (exit 1), `lane-looser`, `worker-not-in-lane`, `agent-missing`, `no-head` (exit 2),
 * `no-wall` (exit 5), `no-program` (exit 127)
 */
export const runOperatorBox = async (project: Project, order: BoxOrder, hands: BoxHands): Promise<ProcessEnd> => {
  const scope = await scopeOfBox(project, order)
  await requireBox()
  const nobody = (): void => {}
  const { host, close } = await openHost(project, { log: nobody, onLimit: nobody, onFatal: nobody, sendsNothing })
  try {
    const end = await attend(await start(host, scope, order, hands.signal), hands)
    refuseEnd(project, scope, end)
    return end
  } finally {
    await close()
  }
}

/** What ended the command in its place: the box that was not built, or a bound of it. */
const refuseEnd = (project: Project, scope: RunScope, end: LaunchEnd): void => {
  const isOver = end.stopped === 'timedOut'
  const outgrown = outgrownSentence(end.stopped, watchedBounds(project, scope))
  if (end.failedToStart !== null)
    throw boxFailure(`building the box: ${end.failedToStart}`, 'no-wall', 'See: agentlab doctor', exitCode.noWall)
  if (isOver || outgrown !== null)
    throw boxFailure(
      `the command: ${outgrown ?? `Ended after ${duration(end.endedAt - end.startedAt)} (limits.wallMinutes).`}`,
      'box-bound',
      'A box has the bounds of an attempt; they are set in ~/.config/agentlab/config.yaml.',
      exitCode.failed,
    )
}

const requireBox = async (): Promise<void> => {
  const box = await probeBox()
  if (!box.available)
    throw boxFailure(`building the box: ${box.part}: ${box.reason}`, 'no-wall', box.cure, exitCode.noWall)
}

const start = async (
  host: Host,
  scope: RunScope,
  { worker, command }: BoxOrder,
  signal: AbortSignal,
): Promise<LaunchedProcess> => {
  const [word = '', ...args] = command
  const seat = seatAt(host.project.paths.seats, `${scope.runId}.${worker ?? 'box'}`)
  await makeSeat(seat)
  await fillWorkspace(host, scope, seat)
  const program = await programFor(word, seat, host.project.env)
  if (program === null) {
    const cure = 'Name a program on your PATH, or a file of HEAD that can be executed: agentlab box -- ./tool'
    throw boxFailure(`${word}: there is no such program`, 'no-program', cure, exitCode.noProgram)
  }
  const { env, readable, logins, network } = await insideOf(host, scope, seat, worker)
  signal.throwIfAborted()
  return startInBox(host, scope, {
    seat,
    taskId: null,
    what: 'box',
    file: program.file,
    args,
    env: { ...program.env, ...env },
    cwd: seat.workspace,
    streams: 'own',
    readable: [...readable, ...program.readable],
    logins,
    network,
    limits: { wallMs: scope.request.limits.attemptWallMs },
  })
}

/** As a check's first word is found: on the operator's PATH, or in the workspace where it names a file (`./gradlew`). */
const programFor = async (word: string, seat: Seat, env: NodeJS.ProcessEnv): Promise<FoundProgram | null> => {
  if (!word.includes('/') || isAbsolute(word)) return findCommand(word, env)
  const file = await programOf(word, seat.workspace, '')
  return file === null ? null : { file, readable: [], env: {} }
}
