/** Looks for a mark in every byte of every file below a folder, in plain words or in any encoding text is kept in. */
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { holds } from '../canary/traces.ts'

/** Paths of the files that hold it; letters and digits only. */
export const filesHolding = (folder: string, mark: string): string[] => {
  const wide = Buffer.from(mark, 'utf16le')
  const forms = [wide, Buffer.from(wide).swap16()]
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter(entry => entry.isFile())
    .map(entry => join(entry.parentPath, entry.name))
    .filter(path => {
      const bytes = readFileSync(path)
      return forms.some(form => bytes.includes(form)) || holds(bytes, mark)
    })
}
