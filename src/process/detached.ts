/** Starts a process of ours that outlives this one: own session, its output in a log file. */
import { spawn } from 'node:child_process'
import { closeSync, openSync } from 'node:fs'

/** Starts `file` in a session of its own with stdout and stderr appended to `logPath` (0600). Returns its pid. */
export const spawnDetached = (
  file: string,
  args: string[],
  options: { cwd: string; env: NodeJS.ProcessEnv; logPath: string },
): number => {
  const log = openSync(options.logPath, 'a', 0o600)
  try {
    const child = spawn(file, args, { cwd: options.cwd, env: options.env, detached: true, stdio: ['ignore', log, log] })
    child.on('error', () => {})
    child.unref()
    return child.pid ?? -1
  } finally {
    closeSync(log)
  }
}
