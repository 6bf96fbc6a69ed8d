// Reads a work log: one entry a line, `2026-03-02 1h30m what was done`; blank lines and # comments are passed over.
import { parseDuration } from './duration.js'

/** Entries in the order of the file. Throws an Error that names the line. */
export const parseLog = text =>
  text.split(/\r?\n/).flatMap((line, index) => {
    if (line.trim() === '' || line.startsWith('#')) return []
    const match = /^(\d{4}-\d{2}-\d{2})\s+(\S+)\s+(.+)$/.exec(line)
    if (match === null) throw new Error(`line ${index + 1} is no entry: ${line}`)
    const [, day, duration, what] = match
    try {
      return [{ day, minutes: parseDuration(duration), what: what.trim() }]
    } catch (error) {
      throw new Error(`line ${index + 1}: ${error.message}`)
    }
  })
