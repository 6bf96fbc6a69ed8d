/** A digest of files that changes when anything of them has: names, modes, contents, where links lead. */
import { createHash } from 'node:crypto'
import { lstatSync, readdirSync, readFileSync, readlinkSync } from 'node:fs'
import { join } from 'node:path'

/** Of all that lies below `roots`; a root that is missing counts as such. */
export const digestOf = (roots: readonly string[]): string => {
  const hash = createHash('sha256')
  const walk = (path: string): void => {
    const found = lstatSync(path, { throwIfNoEntry: false })
    hash.update(`${path} ${found?.mode ?? 'missing'}\0`)
    if (found?.isDirectory()) for (const name of readdirSync(path).toSorted()) walk(join(path, name))
    else if (found?.isFile()) hash.update(readFileSync(path))
    else if (found?.isSymbolicLink()) hash.update(readlinkSync(path))
  }
  for (const root of roots) walk(root)
  return hash.digest('hex')
}
