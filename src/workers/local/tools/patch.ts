/** Applies a unified patch of one file: each part where its lines stand, near where it says. Pure. */
import type { Edited } from './replace.ts'

interface Part {
  /** Line it claims to begin at, from 1; null where its head gives none. */
  at: number | null
  old: string[]
  new: string[]
}

/** Wrong line numbers and counts are common and harmless: only the quoted lines decide. */
export const applyPatch = (text: string, patch: string): Edited => {
  const parts = partsOf(patch)
  if (parts.length === 0) return { ok: false, why: 'the patch has no part that begins with @@' }
  const isCrlf = text.includes('\r\n')
  let lines = text.replaceAll('\r\n', '\n').split('\n')
  let shift = 0
  for (const [index, part] of parts.entries()) {
    const at = placeOf(lines, part, (part.at ?? 1) - 1 + shift)
    if (typeof at === 'string') return { ok: false, why: `part ${index + 1} of the patch ${at}` }
    lines = [...lines.slice(0, at), ...part.new, ...lines.slice(at + part.old.length)]
    shift += part.new.length - part.old.length
  }
  return { ok: true, text: lines.join(isCrlf ? '\r\n' : '\n'), count: parts.length }
}

const partsOf = (patch: string): Part[] => {
  const parts: Part[] = []
  for (const line of patch.replaceAll('\r\n', '\n').replace(/\n$/, '').split('\n')) {
    const head = /^@@(?: -(\d+)(?:,\d+)? \+\d+(?:,\d+)? @@| @@|)/.exec(line)
    const part = parts.at(-1)
    if (head !== null) parts.push({ at: head[1] === undefined ? null : Number(head[1]), old: [], new: [] })
    else if (part === undefined || line.startsWith('\\')) continue
    else if (line.startsWith('+')) part.new.push(line.slice(1))
    else if (line.startsWith('-')) part.old.push(line.slice(1))
    else {
      // A context line that is empty often loses its leading blank.
      part.old.push(line.slice(1))
      part.new.push(line.slice(1))
    }
  }
  return parts.filter(part => part.old.length > 0 || part.new.length > 0)
}

/** The place nearest to the one claimed where the old lines stand, or why there is none. */
const placeOf = (lines: string[], part: Part, claimed: number): number | string => {
  if (part.old.length === 0) {
    if (part.at === null) return 'quotes no line, so it could stand anywhere'
    return Math.min(Math.max(0, claimed + 1), lines.length)
  }
  const fits = (at: number): boolean => part.old.every((line, offset) => lines[at + offset] === line)
  const places = lines.flatMap((_, at) => (fits(at) ? [at] : []))
  if (places.length === 0)
    return `does not fit: these lines are not in the file: ${JSON.stringify(part.old.slice(0, 3))}`
  if (places.length > 1 && part.at === null) return `fits at ${places.length} places: quote more lines around it`
  return places.toSorted((a, b) => Math.abs(a - claimed) - Math.abs(b - claimed))[0]!
}
