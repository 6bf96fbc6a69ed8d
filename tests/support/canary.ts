/** Looks for a word in every byte of every file below a folder: as it is, in UTF-16, in base64 however it is shifted, and gzipped. */
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { gunzipSync } from 'node:zlib'

/** What of its base64 does not depend on what stands around it. */
const base64Forms = (word: string): string[] =>
  [0, 1, 2].map(shift => {
    const encoded = Buffer.from(`${'\0'.repeat(shift)}${word}`).toString('base64')
    return encoded.slice(shift === 0 ? 0 : shift + 1, Math.floor(((shift + word.length) * 8) / 6))
  })

const formsOf = (word: string): Buffer[] => [
  Buffer.from(word),
  Buffer.from(word, 'utf16le'),
  Buffer.from(word, 'utf16le').swap16(),
  ...base64Forms(word).map(form => Buffer.from(form)),
]

/** Paths of the files that hold it. */
export const filesHolding = (folder: string, word: string): string[] => {
  const forms = formsOf(word)
  const holds = (bytes: Buffer): boolean => forms.some(form => bytes.includes(form))
  const unzipped = (bytes: Buffer): Buffer => {
    try {
      return bytes[0] === 0x1f && bytes[1] === 0x8b ? gunzipSync(bytes) : bytes
    } catch {
      return bytes
    }
  }
  const files = readdirSync(folder, { recursive: true, withFileTypes: true }).filter(entry => entry.isFile())
  return files
    .map(entry => join(entry.parentPath, entry.name))
    .filter(path => {
      const bytes = readFileSync(path)
      return holds(bytes) || holds(unzipped(bytes))
    })
}
