/** The hidden command a supervisor process is started with; its output is the log file. */
import { superviseProject } from '../../app.ts'
import type { Answer, Call } from '../call.ts'
import { logLine } from '../foreground.ts'
import { openFor } from '../project.ts'

const idleMs = 30_000

export const supervise = async (call: Call): Promise<Answer> => {
  const project = await openFor(call, true)
  try {
    await superviseProject(project, { idleMs, log: line => call.talk.write(logLine(line)), signal: call.signal })
  } finally {
    project.close()
  }
  return { text: '', json: null }
}
