/** `agentlab diagnose < LOG`: a researcher reads a piped log, in lane private unless told, and answers with its lines. */
import { type Project, type RunWish, readPipedLog } from '../../app.ts'
import { AgentLabError, exitCode } from '../../domain/errors.ts'
import { count } from '../../domain/measures.ts'
import type { Answer, Call } from '../call.ts'
import { checkQuestion, planOfQuestion } from '../question.ts'
import { wishOfRun } from '../run-wish.ts'
import type { AskOptions } from './ask.ts'
import { carryOut } from './task.ts'

export type DiagnoseOptions = Omit<AskOptions, 'file'>

const usual =
  'What went wrong in this log? Find the first cause and what followed from it, and say what to look at next.'

export const diagnose = async (call: Call, argument: string | undefined, options: DiagnoseOptions): Promise<Answer> => {
  const question = argument === undefined ? usual : checkQuestion('diagnose', argument)
  if (process.stdin.isTTY) throw noLog('log-missing', 'standard input is a terminal, not a pipe')
  const run = await wishOfRun(call, { ...options, lane: options.lane ?? 'private' }, 'diagnose')
  try {
    return await carryOut(call, project => withLog(call, project, run, question), options)
  } catch (error) {
    if (error instanceof AgentLabError && error.code === 'not-a-repository' && call.repo === undefined)
      throw noPlace(error)
    throw error
  }
}

/** A run lies in the data dir of a repository; a log alone has none yet. */
const noPlace = (cause: AgentLabError): AgentLabError =>
  new AgentLabError('diagnose failed on this folder: a run is kept with a repository, and this folder lies in none', {
    code: cause.code,
    cure: 'Name any repository of yours that has a commit: agentlab diagnose --repo DIR < app.log',
    exit: exitCode.wrongUse,
    cause,
  })

const withLog = async (
  call: Call,
  project: Project,
  run: Omit<RunWish, 'goal' | 'planText'>,
  question: string,
): Promise<RunWish> => {
  // A pipe that is silent would keep an interrupted command waiting.
  call.signal.addEventListener('abort', () => process.stdin.destroy(), { once: true })
  const log = await readPipedLog(project, process.stdin, call.signal)
  call.signal.throwIfAborted()
  if (log.text.trim() === '') throw noLog('log-empty', 'nothing readable came')
  if (log.leftOutBytes > 0)
    call.talk.write(
      `The log is long: its first and last 2 MiB are handed in, ${count(log.leftOutBytes)} bytes between are not.\n`,
    )
  return { ...run, goal: question, planText: planOfQuestion(question, []), purpose: 'ask', log }
}

const noLog = (code: string, why: string): AgentLabError =>
  new AgentLabError(`diagnose failed on its log: ${why}`, {
    code,
    cure: 'Pipe one in: journalctl -u my-service -n 2000 | agentlab diagnose "why does it restart?"',
    exit: exitCode.wrongUse,
  })
