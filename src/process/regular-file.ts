/** Opens files of ours in places a worker may have been: a regular file at exactly this path, or an error. */
import { closeSync, constants, fstatSync, openSync, realpathSync } from 'node:fs'
import { dirname } from 'node:path'
import { AgentLabError } from '../domain/errors.ts'

const { O_NOFOLLOW, O_NONBLOCK } = constants

/**
 * Opens a regular file at exactly this path: no link in it, no pipe that would block. Made with mode 0600 if asked.
 * @throws AgentLabError `launch-file`
 */
export const openRegularFile = (path: string, flags: number): number => {
  try {
    if (realpathSync(dirname(path)) !== dirname(path))
      throw new Error('its directory is reached through a symbolic link')
    const fd = openSync(path, flags | O_NOFOLLOW | O_NONBLOCK, 0o600)
    if (fstatSync(fd).isFile()) return fd
    closeSync(fd)
    throw new Error('it is not a regular file')
  } catch (error) {
    throw new AgentLabError(`launch failed on ${path}: ${(error as Error).message}`, {
      code: 'launch-file',
      cause: error,
    })
  }
}
