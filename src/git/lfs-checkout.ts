/** Puts the contents of files stored with Git LFS into a fresh work tree, copied from the operator's own objects. */
import { constants } from 'node:fs'
import { chmod, copyFile, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import type { Oid } from '../domain/ids.ts'
import { type GitPlace, gitBytes } from './exec.ts'
import { contentPath, type LargeFile, type LargeFileDirs, largeFilesOf } from './lfs.ts'

const exists = (path: string): Promise<boolean> =>
  stat(path).then(
    () => true,
    () => false,
  )

/** Whether the content is there now. */
const place = async (dirs: LargeFileDirs, file: LargeFile, root: string): Promise<boolean> => {
  const from = await contentPath(dirs, file)
  if (from === null) return false
  const target = join(root, file.path)
  // Never through a link, and never into a file that something else shares.
  await rm(target, { force: true })
  await copyFile(from, target, constants.COPYFILE_EXCL | constants.COPYFILE_FICLONE)
  await chmod(target, file.mode === '100755' ? 0o755 : 0o644)
  return true
}

/**
 * Replaces each pointer by its content, where the operator has it; `leftOut` are paths that were not written. Nothing
 * foreign may have run in the work tree. The index keeps the pointers; the workspace's `clean` filter gives them again.
 */
export const placeLargeFiles = async (
  workspace: GitPlace,
  source: GitPlace & { largeFileDirs: LargeFileDirs },
  treeish: Oid,
  leftOut: readonly string[],
): Promise<void> => {
  const dirs = source.largeFileDirs
  if (!(await Promise.all(dirs.map(exists))).includes(true)) return
  const skipped = new Set(leftOut)
  const placed: LargeFile[] = []
  for (const file of await largeFilesOf(source, treeish))
    if (!skipped.has(file.path) && (await place(dirs, file, workspace.root))) placed.push(file)
  if (placed.length === 0) return
  // Entries without a size: else git takes another size for a change and does not ask the filter.
  const input = placed.map(({ mode, oid, path }) => `${mode} ${oid}\t${path}\0`).join('')
  await gitBytes(workspace, ['update-index', '-z', '--index-info'], { input })
}
