/** The hidden command a supervisor process is started with; its output is the log file. */
import { superviseProject } from '../../app.ts'
import type { Answer, Call } from '../call.ts'
import { openFor } from '../project.ts'
import { supervisorLogLine } from '../supervisor-log.ts'

const idleMs = 2_000

/** Serves the repository until idle or told to end. */
export const supervise = async (call: Call, options: { repoRoot?: string }): Promise<Answer> => {
  const project = await openFor({ ...call, repo: options.repoRoot ?? call.repo }, true)
  try {
    await superviseProject(project, {
      idleMs,
      log: line => call.out.write(supervisorLogLine(line)),
      signal: call.signal,
    })
  } finally {
    project.close()
  }
  return { text: '', json: null }
}
