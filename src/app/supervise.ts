/** The body of a supervisor process of its own. */
import { openProject } from './project.ts'
import { superviseProject } from './supervisor.ts'

const idleMs = 2_000

/** Serves the repository until idle or told to end. Its standard output is the log file. */
export const runSupervisor = async (options: { repoRoot: string }): Promise<void> => {
  const project = await openProject({ cwd: options.repoRoot, env: process.env })
  const stop = new AbortController()
  for (const name of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) process.on(name, () => stop.abort())
  const log = (line: string): void => void process.stdout.write(`${new Date().toISOString()} ${line}\n`)
  try {
    await superviseProject(project, { idleMs, log, signal: stop.signal })
  } finally {
    project.close()
  }
}
