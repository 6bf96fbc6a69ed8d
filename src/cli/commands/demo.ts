/** `agentlab demo`: the whole of AgentLab on a sample repository, with scripted models; costs nothing. */
import { runDemo } from '../../app.ts'
import { exitCode } from '../../domain/errors.ts'
import type { Answer, Call } from '../call.ts'

export const demo = async (call: Call, options: { keep?: boolean }): Promise<Answer> => {
  const exit = await runDemo({
    keep: options.keep === true,
    out: text => call.out.write(text),
    env: call.env,
    signal: call.signal,
  })
  return { text: '', json: null, exit: call.signal.aborted ? exitCode.interrupted : exit }
}
