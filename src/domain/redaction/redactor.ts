/** Takes secrets out of what is kept: each leaves a word for its kind, and no part of itself. */
import { type AnchorTable, anchorTable } from './anchor-table.ts'
import { type Found, findSecrets } from './find-secrets.ts'
import { generalShapes } from './general-shapes.ts'
import { escaped, type Shape } from './shape.ts'
import { vendorShapes } from './vendor-shapes.ts'

export interface Redactor {
  /** Values that are secrets whatever they look like, from now on. Those under eight characters are too common to look for. */
  learn(secrets: readonly string[]): void
  redact(text: string): string
  /** The same of a text that lies in pieces: a secret that goes over several is named in the first. */
  redactPieces(pieces: readonly string[], found?: readonly Found[]): string[]
  /** Where the secrets lie; before `from` there is only something to look back at. */
  find(text: string, from?: number): Found[]
}

export const allShapes: readonly Shape[] = [...generalShapes, ...vendorShapes]

const shortestKnown = 8

export const createRedactor = (secrets: readonly string[] = []): Redactor => {
  const known = new Set<string>()
  let table: AnchorTable | null = null
  const learn = (values: readonly string[]): void => {
    const fresh = values.flatMap(formsOf).filter(value => value.length >= shortestKnown && !known.has(value))
    if (fresh.length === 0) return
    for (const value of fresh) known.add(value)
    table = null
  }
  const find = (text: string, from = 0): Found[] => {
    table ??= known.size === 0 ? ours() : anchorTable([...[...known].map(knownShape), ...allShapes])
    return findSecrets(table, text, from)
  }
  learn(secrets)
  return {
    learn,
    find,
    redact: text => written(text, 0, find(text)),
    redactPieces: (pieces, found = find(pieces.join(''))) => {
      let start = 0
      return pieces.map(piece => {
        const [from, to] = [start, start + piece.length]
        start = to
        const here = found.filter(one => one.end > from && one.start < to)
        return here.length === 0 ? piece : written(piece, from, here)
      })
    },
  }
}

let shared: AnchorTable | null = null
/** Without anybody's own values the table is always the same. */
const ours = (): AnchorTable => {
  shared ??= anchorTable(allShapes)
  return shared
}

/** As it is, as it stands in a string of JSON, and of JSON within JSON, and a character for each of its bytes, as decoders give it. */
const formsOf = (secret: string): string[] => {
  const inJson = (text: string): string => JSON.stringify(text).slice(1, -1)
  const bytes = Buffer.from(secret, 'utf8').toString('latin1')
  return [secret, inJson(secret), inJson(inJson(secret)), bytes]
}

const knownShape = (secret: string): Shape => ({
  kind: 'operator credential',
  anchors: [secret],
  anywhere: true,
  pattern: new RegExp(escaped(secret), 'dy'),
  source: 'the gateway',
})

/** `text` begins at `offset` of what was searched. */
const written = (text: string, offset: number, found: readonly Found[]): string => {
  let [out, at] = ['', 0]
  for (const { start, end, kind } of found) {
    out += text.slice(at, Math.max(at, start - offset))
    if (start >= offset) out += `[redacted: ${kind}]`
    at = Math.max(at, end - offset)
  }
  return out + text.slice(at)
}
