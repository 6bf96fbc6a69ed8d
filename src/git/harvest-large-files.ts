/** Judges changes to files stored with Git LFS: AgentLab can't upload, so only what the operator has already is taken. */
import type { RawChange } from './changes.ts'
import { finding, type HarvestFinding } from './harvest-policy.ts'
import { contentPath, type LargeFileDirs } from './lfs.ts'
import { type LargeFilePointer, parsePointer } from './lfs-pointer.ts'

const rule = 'large-file'
const reason = 'A changed or new file of Git LFS is not taken over: the operator commits it.'

/** `read` gives the blobs among these ids that are as small as a pointer. */
export const judgeLargeFiles = async (
  changes: readonly RawChange[],
  dirs: LargeFileDirs,
  read: (oids: string[]) => Promise<ReadonlyMap<string, Buffer>>,
): Promise<HarvestFinding[]> => {
  const files = changes.filter(change => change.newMode.startsWith('100'))
  const blobs = await read(files.flatMap(change => [change.newOid, change.oldOid]))
  const pointerIn = (oid: string): LargeFilePointer | null => {
    const blob = blobs.get(oid)
    return blob === undefined ? null : parsePointer(blob)
  }
  const isHere = async (pointer: LargeFilePointer | null): Promise<boolean> =>
    pointer !== null && (pointer.sizeBytes === 0 || (await contentPath(dirs, pointer)) !== null)
  const found = files.map(async ({ newOid, oldOid, path }): Promise<HarvestFinding[]> => {
    const now = pointerIn(newOid)
    const isLost = now === null ? await isHere(pointerIn(oldOid)) : !(await isHere(now))
    return isLost ? [finding(rule, reason, path)] : []
  })
  return (await Promise.all(found)).flat()
}
