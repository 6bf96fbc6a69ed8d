/** A supervisor inside the command's own process, for demo and CI: its life is tied to the command's. */
import type { Project } from './project.ts'
import { openProject } from './project.ts'
import { superviseProject } from './supervisor.ts'

const takeOverMs = 200

/**
 * Runs `work` while a supervisor of this process serves the repository; ends that supervisor afterwards. Where another
 * process is the supervisor already, that one serves, and this one takes over should it end. The supervisor has a store
 * connection of its own, as it would have in a process of its own.
 */
export const withForegroundSupervisor = async <T>(
  project: Project,
  options: { signal: AbortSignal; log?: (line: string) => void; wall?: () => number },
  work: () => Promise<T>,
): Promise<T> => {
  const stop = new AbortController()
  const own = await openProject({ cwd: project.repository.root, env: project.env })
  const signal = AbortSignal.any([stop.signal, options.signal])
  const { log = () => {}, wall } = options
  const serve = async (): Promise<void> => {
    while (!signal.aborted && !(await superviseProject(own, { idleMs: null, log, signal, wall })))
      await new Promise(resolve => setTimeout(resolve, takeOverMs))
  }
  const served = serve()
  // A supervisor that fails ends the command with its error; otherwise it lives as long as the work.
  const failed = served.then(() => new Promise<never>(() => {}))
  try {
    return await Promise.race([work(), failed])
  } finally {
    stop.abort()
    await served.catch(() => undefined)
    own.close()
  }
}
