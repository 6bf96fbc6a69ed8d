/**
 * The macOS back end of launch: a process in the system's own sandbox. Untested on that system. It has no namespaces, so
 * a process that outlives its command is looked for, and one that hides from that stays in the sandbox all the same.
 */
import { randomUUID } from 'node:crypto'
import { accessSync, constants } from 'node:fs'
import type { Readable } from 'node:stream'
import { AgentLabError, exitCode } from '../domain/errors.ts'
import type { LaunchCommand, LaunchPolicy } from '../domain/launch.ts'
import type { Prepared } from './backend.ts'
import { markedBy, markedFamily } from './marked-family.ts'
import { seatbeltArguments, seatbeltProfile } from './seatbelt.ts'
import { seatbeltPlaces } from './seatbelt-places.ts'

export const sandboxExec = '/usr/bin/sandbox-exec'

const statusDescriptor = 3

// Says on the status pipe that the sandbox stands, takes the limits (blocks of 512 bytes), becomes the command.
const script = `echo begun >&${statusDescriptor}
exec ${statusDescriptor}>&-
ulimit -c 0 && ulimit -f "$1" && { ulimit -n "$2" 2>/dev/null || :; } || exit 125
shift 2
exec "$@"`

/** @throws AgentLabError `no-wall` (exit 5) where there is no sandbox-exec or the policy can't be kept */
export const seatbeltBoxed = async (
  policy: LaunchPolicy,
  command: LaunchCommand,
  program = sandboxExec,
): Promise<Prepared> => {
  requireProgram(program)
  const mark = randomUUID()
  const profile = seatbeltProfile(seatbeltPlaces(policy), policy.network)
  const { fileBytes, openFiles } = policy.limits
  const limits = [String(Math.ceil(fileBytes / 512)), String(openFiles)]
  return {
    file: program,
    args: seatbeltArguments(profile, ['/bin/sh', '-c', script, 'box', ...limits, command.file, ...command.args]),
    cwd: command.cwd,
    env: markedBy(mark),
    pipes: 1,
    attach: (child, pid) => {
      let hasBegun = false
      const status = child.stdio[statusDescriptor] as Readable
      status.on('error', () => {})
      status.on('data', () => (hasBegun = true))
      return { ...markedFamily(mark, pid), hasRun: () => hasBegun }
    },
  }
}

const requireProgram = (program: string): void => {
  try {
    accessSync(program, constants.X_OK)
  } catch (error) {
    throw new AgentLabError(`launch failed on the box: there is no ${program} on this machine`, {
      code: 'no-wall',
      exit: exitCode.noWall,
      cure: 'It comes with macOS; see: agentlab doctor',
      cause: error,
    })
  }
}
