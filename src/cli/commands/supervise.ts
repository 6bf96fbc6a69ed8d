/** The hidden command a supervisor process is started with; its output is the log file. */
import { runSupervisor } from '../../app.ts'
import type { Answer } from '../call.ts'

export const supervise = async (options: { repoRoot: string }): Promise<Answer> => {
  await runSupervisor(options)
  return { text: '', json: null }
}
