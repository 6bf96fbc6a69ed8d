/** Writes one object into a store the way git does, without a process: its id is its content's, so git takes it for its own. */
import { createHash } from 'node:crypto'
import { chmod, type FileHandle, mkdir, rename, rm, stat, utimes } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { deflate } from 'node:zlib'
import { withFile } from '../config/with-file.ts'
import type { Oid } from '../domain/ids.ts'

const deflated = promisify(deflate)

let count = 0

/** Such a name git itself uses for what is not finished, and cleans away when it is old. */
const unfinished = (folder: string): string => {
  count += 1
  return join(folder, `tmp_obj_agentlab_${process.pid}_${count}`)
}

/**
 * Writes a commit object and gives its id. Whoever may read the store may read the object. `isDurable`: it is on the
 * disk before it has its name, as `core.fsync=committed` has it.
 */
export const writeCommitObject = async (
  objectDir: string,
  content: string,
  options: { format: 'sha1' | 'sha256'; isDurable: boolean },
): Promise<Oid> => {
  const body = Buffer.from(content, 'utf8')
  const bytes = Buffer.concat([Buffer.from(`commit ${body.length}\0`), body])
  const oid = createHash(options.format).update(bytes).digest('hex')
  const folder = join(objectDir, oid.slice(0, 2))
  const path = join(folder, oid.slice(2))
  // One that is there is made young again, so that no cleaning takes it for forgotten.
  const now = new Date()
  if (
    await utimes(path, now, now).then(
      () => true,
      () => false,
    )
  )
    return oid
  const mode = (await stat(objectDir)).mode & 0o7777
  // Like the store itself, whatever our umask: a repository may be shared by a group.
  if ((await mkdir(folder, { recursive: true })) !== undefined) await chmod(folder, mode)
  const temporary = unfinished(folder)
  try {
    const content = await deflated(bytes)
    const fill = async (file: FileHandle): Promise<void> => {
      await file.writeFile(content)
      await file.chmod(0o444 & mode)
      if (options.isDurable) await file.sync()
    }
    await withFile(temporary, 'wx', fill, 0o600)
    await rename(temporary, path)
  } catch (error) {
    await rm(temporary, { force: true })
    throw error
  }
  return oid
}
