/** `agentlab box -- CMD…`: a command of the operator's in the box that a worker of a lane gets. */
import { runOperatorBox, withThrowAway } from '../../app.ts'
import type { Answer, Call } from '../call.ts'
import { chosenLane, chosenWorker } from '../run-wish.ts'

export interface BoxOptions {
  lane?: string
  worker?: string
}

/** The command speaks on our standard streams itself, so there is nothing to print at its end. */
export const box = async (call: Call, command: string[], options: BoxOptions): Promise<Answer> => {
  const order = {
    lane: options.lane === undefined ? null : chosenLane('box', options.lane),
    worker: options.worker === undefined ? null : chosenWorker(options.worker),
    command,
  }
  const hands = { signal: call.signal, attended: call.attended, isInteractive: process.stdin.isTTY === true }
  const where = { cwd: call.cwd, env: call.env, ...(call.repo === undefined ? {} : { repo: call.repo }) }
  const end = await withThrowAway(where, project => runOperatorBox(project, order, hands))
  return { text: '', json: null, commandExit: end.exitCode ?? killed }
}

/** Where the box was ended by force there is no word of the command's own: 128 and SIGKILL, as shells say it. */
const killed = 137
