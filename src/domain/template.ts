/** Fills prompt templates strictly and fences text from outside so that it stays data. */
import { cleanText, clipMiddle } from './text.ts'

const place = /\{\{([a-zA-Z]+)\}\}/g

/**
 * Fills every `{{place}}` once; what is put in is never searched again. A line that holds nothing but a place whose
 * value is empty goes, with the blank line after it.
 * @throws Error when the template names a place without a value, or a value has no place: both are bugs of ours.
 */
export const fillTemplate = (template: string, values: Record<string, string>): string => {
  const wanted = new Set([...template.matchAll(place)].map(match => match[1]!))
  const missing = [...wanted].filter(name => !Object.hasOwn(values, name))
  const unused = Object.keys(values).filter(name => !wanted.has(name))
  if (missing.length > 0) throw new Error(`prompt template has no value for ${missing.join(', ')}`)
  if (unused.length > 0) throw new Error(`prompt template has no place for ${unused.join(', ')}`)
  return template
    .replace(/^\{\{([a-zA-Z]+)\}\}\n\n?/gm, (whole, name: string) => (values[name] === '' ? '' : whole))
    .replace(place, (_, name: string) => values[name]!)
}

/** A fenced block whose fence is longer than any run of backticks inside, with unsafe characters removed. */
export const fenced = (text: string, label = ''): string => {
  const clean = cleanText(text).replace(/\n+$/, '')
  const longest = Math.max(2, ...(clean.match(/`+/g) ?? []).map(run => run.length))
  const fence = '`'.repeat(longest + 1)
  return `${fence}${label}\n${clean}\n${fence}`
}

/** clipMiddle for a bound in UTF-8 bytes. */
export const clipToBytes = (text: string, maxBytes: number): string => {
  let clipped = text
  let max = text.length
  while (Buffer.byteLength(clipped) > maxBytes && max > 0) {
    max = Math.max(0, Math.min(max - 64, Math.floor((max * maxBytes) / Buffer.byteLength(clipped)) - 64))
    clipped = clipMiddle(text, max).toWellFormed()
  }
  return Buffer.byteLength(clipped) <= maxBytes ? clipped : ''
}

/**
 * Clips texts so that together they fit `budgetBytes`: short ones stay whole, the long ones share what is left evenly.
 */
export const clipTogether = <K extends string>(texts: Record<K, string>, budgetBytes: number): Record<K, string> => {
  const entries = (Object.entries(texts) as [K, string][]).toSorted(
    (a, b) => Buffer.byteLength(a[1]) - Buffer.byteLength(b[1]),
  )
  let left = Math.max(0, budgetBytes)
  const clipped = entries.map(([key, text], index) => {
    const share = Math.floor(left / (entries.length - index))
    const kept = clipToBytes(text, share)
    left -= Buffer.byteLength(kept)
    return [key, kept] as const
  })
  return Object.fromEntries(clipped) as Record<K, string>
}
