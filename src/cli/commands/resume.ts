/** `agentlab resume RUN`: lets a waiting or interrupted run go on, and follows it. */
import { askSupervisor } from '../ask-supervisor.ts'
import type { Answer, Call } from '../call.ts'
import { openIfAny, runNamed } from '../project.ts'
import { watchRun } from '../watch-run.ts'

export const resume = async (call: Call, id: string, options: { detach?: boolean }): Promise<Answer> => {
  const project = await openIfAny(call)
  const runId = runNamed(project, id)
  const answer = await askSupervisor(project!, { kind: 'resume', runId }, 'resume')
  call.talk.write(`${answer.text}\n`)
  if (options.detach !== true) return watchRun(call, project!, runId, false)
  return {
    text: runId,
    json: { runId, ...answer },
    remarks: ['It goes on in the background. Watch it: agentlab runs -f'],
  }
}
