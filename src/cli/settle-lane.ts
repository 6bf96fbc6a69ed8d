/** The lane of a run that is asked for: says where it is stricter than expected, and has a looser one agreed to by a person. */
import {
  laneForWish,
  laneReasonWords,
  type Project,
  policyOf,
  type RequiredLane,
  type RunWish,
  whyThatLane,
} from '../app.ts'
import { AgentLabError, exitCode } from '../domain/errors.ts'
import { isLooser, type Lane } from '../domain/lane.ts'
import { agentAncestor, agentVariables } from '../process/agent-caller.ts'
import { askLine, canAsk } from './ask.ts'
import type { Call } from './call.ts'
import { wrongUse } from './run-wish.ts'

/**
 * The wish, with the operator's consent where they loosen it.
 * @throws AgentLabError `wrong-use`, `needs-person` (exit 2), `not-loosened` (exit 1)
 */
export const settleLane = async (call: Call, project: Project, wish: RunWish, loosen: boolean): Promise<RunWish> => {
  const required = await laneForWish(project, wish)
  const words = wordsFor(wish)
  if (!loosen) {
    if (wish.lane === null && required.lane !== project.config.effective.lane)
      call.talk.write(`Lane ${required.lane}: ${whyThatLane(required)}.\n`)
    return { ...wish, required }
  }
  if (wish.lane === null)
    throw wrongUse('--loosen names no lane', `Say which: ${words.line('personal')}`, words.command)
  if (!isLooser(wish.lane, required.lane)) {
    call.talk.write(`Nothing to loosen: this run needs lane ${required.lane}.\n`)
    return { ...wish, required }
  }
  await agree(call, project, { lane: wish.lane, required, words })
  return { ...wish, required, loosenedFrom: required.lane }
}

interface Words {
  command: string
  /** What to type. */
  line(lane: Lane): string
}

const wordsFor = ({ purpose }: RunWish): Words => {
  const [command, rest] =
    purpose === 'sync' || purpose === 'resolve'
      ? ['sync', purpose === 'resolve' ? ' --resolve' : '']
      : ['task', ' "<goal>"']
  return { command, line: lane => `agentlab ${command} --lane ${lane} --loosen${rest}` }
}

const agree = async (
  call: Call,
  project: Project,
  { lane, required, words }: { lane: Lane; required: RequiredLane; words: Words },
): Promise<void> => {
  const agent = agentVariables(Object.keys(call.env))[0] ?? agentAncestor(process.pid)?.sign
  if (!canAsk(call) || agent !== undefined) throw needsPerson(lane, words, agent)
  const { providers } = policyOf(lane, project.config.effective)
  call.talk.write(
    [
      `This run needs lane ${required.lane}:`,
      ...required.reasons.filter(reason => isLooser(lane, reason.lane)).map(reason => `  ${laneReasonWords(reason)}`),
      `In lane ${lane} all files and all history of this repository may be seen by: ${providers.join(', ')}.`,
      'It is recorded, and the receipt will say so.',
      '',
    ].join('\n'),
  )
  const said = await askLine(call, `Type "${lane}" to let it, anything else to leave it`, '', () => true)
  if (said === lane) return
  throw new AgentLabError(`${words.command} failed on --loosen: you did not agree; nothing was asked for`, {
    code: 'not-loosened',
    cure: `Leave --lane away: the run goes into lane ${required.lane} by itself.`,
  })
}

const needsPerson = (lane: Lane, words: Words, agent: string | undefined): AgentLabError =>
  new AgentLabError(
    `${words.command} failed on --loosen: only a person at a terminal loosens a lane${agent === undefined ? '' : ` (this runs below an agent: ${agent})`}`,
    {
      code: 'needs-person',
      cure: `At a terminal of your own: ${words.line(lane)}`,
      exit: exitCode.wrongUse,
    },
  )
