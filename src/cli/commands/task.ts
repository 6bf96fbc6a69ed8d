/** `agentlab task "<goal>"`: asks for a run and follows it. */
import { listedFiles, type Project, type RunWish, requestRun, withForegroundSupervisor } from '../../app.ts'
import type { EffectiveConfig } from '../../config/effective.ts'
import { AgentLabError } from '../../domain/errors.ts'
import { count } from '../../domain/measures.ts'
import { noteWords } from '../../domain/repository-note.ts'
import type { Answer, Call } from '../call.ts'
import { handInLine } from '../hand-in-words.ts'
import { openFor } from '../project.ts'
import { type WishOptions, wishOf, wrongUse } from '../run-wish.ts'
import { settleLane } from '../settle-lane.ts'
import { startNotices } from '../start-notices.ts'
import { supervisorLog } from '../supervisor-log.ts'
import { watchRun } from '../watch-run.ts'

export interface TaskOptions extends WishOptions {
  reviewPlan?: boolean
  foreground?: boolean
  detach?: boolean
}

export const task = async (call: Call, goal: string | undefined, options: TaskOptions): Promise<Answer> => {
  const wish = await wishOf(call, goal, options)
  return carryOut(call, { ...wish, reviewPlan: options.reviewPlan === true }, options)
}

/** Says what it may cost, asks for the run and follows it to its rest, or leaves it to the background. */
export const carryOut = async (
  call: Call,
  asked: RunWish | ((project: Project) => Promise<RunWish>),
  options: Pick<TaskOptions, 'foreground' | 'detach' | 'loosen'>,
): Promise<Answer> => {
  if (options.foreground === true && options.detach === true)
    throw wrongUse('--foreground and --detach exclude each other', 'Give one of them.')
  const project = await openFor(call, true)
  const { effective } = project.config
  const said = typeof asked === 'function' ? await asked(project) : asked
  const wish = await settleLane(call, project, said, options.loosen === true)
  call.talk.write(`${limitsLine(effective, wish.maxParallel ?? undefined)}\n`)
  const handedIn = handInLine(await listedFiles(project.repository, effective.handIn))
  if (handedIn !== null) call.talk.write(`Handed in: ${handedIn}.\n`)
  for (const notice of await startNotices(project, wish)) call.talk.write(`${notice}\n`)
  const follow = (): Promise<Answer> => request(call, project, wish, options)
  return options.foreground === true
    ? withForegroundSupervisor(project, { signal: call.signal, log: supervisorLog(project.paths.log) }, follow)
    : follow()
}

const request = async (
  call: Call,
  project: Project,
  wish: RunWish,
  options: Pick<TaskOptions, 'foreground' | 'detach'>,
): Promise<Answer> => {
  const foreground = options.foreground === true
  const { runId, answer, notes } = await requestRun(project, wish, { startSupervisor: !foreground })
  if (!answer.accepted) {
    throw new AgentLabError(`task failed on its request: ${answer.text}`, {
      code: 'request-refused',
      cure: 'Correct it and ask again.',
    })
  }
  for (const note of notes) call.talk.write(`Repository: ${noteWords(note).operator}.\n`)
  call.talk.write(`${answer.text}\n`)
  if (options.detach !== true) return watchRun(call, project, runId, foreground)
  return { text: runId, json: { runId, answer }, remarks: ['It goes on in the background. Watch it: agentlab runs -f'] }
}

/** The limits a run goes by, in one line; printed before anything is spent. `wanted` is --max-parallel. */
export const limitsLine = ({ limits }: Pick<EffectiveConfig, 'limits'>, wanted?: number): string =>
  `Limits: ${count(limits.requests)} requests, ${count(limits.tokens)} tokens, ${limits.minutes} min per run; ` +
  `${limits.wallMinutes} min, ${limits.silenceMinutes} min of silence (${limits.toolMinutes} min in a tool call) per attempt; ` +
  `${limits.maxAttempts} attempts per task, ${Math.min(wanted ?? limits.maxParallel, limits.maxParallel)} at once.`
