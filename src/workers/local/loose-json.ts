/** Reads JSON as weak models write it: what can be meant in one way only is understood, nothing else is. Pure. */

/** The object in the text, or null. `isStrict`: it was JSON as it stood. */
export const looseObject = (text: string): { value: Record<string, unknown>; isStrict: boolean } | null => {
  const strict = objectOf(text)
  if (strict !== null) return { value: strict, isStrict: true }
  for (const candidate of [unfenced(text), mended(unfenced(text))]) {
    const value = objectOf(candidate)
    if (value !== null) return { value, isStrict: false }
  }
  return null
}

/** JSON text within JSON text is a common slip, so it is unwrapped once. */
const objectOf = (text: string): Record<string, unknown> | null => {
  const value = parsed(text)
  const inner = typeof value === 'string' ? parsed(value) : value
  return typeof inner === 'object' && inner !== null && !Array.isArray(inner)
    ? (inner as Record<string, unknown>)
    : null
}

const parsed = (text: string): unknown => {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

const unfenced = (text: string): string => /^\s*```\w*\s*\n([\s\S]*?)\n?\s*```\s*$/.exec(text)?.[1] ?? text

/** Raw line breaks inside strings, trailing commas, Python's words for values; all outside or inside strings only. */
const mended = (text: string): string => {
  let out = ''
  let isInString = false
  for (let at = 0; at < text.length; at++) {
    const sign = text[at]!
    if (isInString) {
      if (sign === '\\') out += sign + (text[++at] ?? '')
      else if (sign === '"') {
        isInString = false
        out += sign
      } else out += sign === '\n' ? '\\n' : sign === '\t' ? '\\t' : sign === '\r' ? '\\r' : sign
      continue
    }
    const rest = text.slice(at)
    const word = /^(?:True|False|None)\b/.exec(rest)?.[0]
    if (word !== undefined && !/\w/.test(text[at - 1] ?? '')) {
      out += { True: 'true', False: 'false', None: 'null' }[word]
      at += word.length - 1
    } else if (sign === ',' && /^,\s*[}\]]/.test(rest)) continue
    else {
      isInString = sign === '"'
      out += sign
    }
  }
  return out
}

/** Every object that stands in a prose by its own braces, as text, in order; those inside others are not told apart. */
export const objectsIn = (text: string, most = 20): string[] => {
  const found: string[] = []
  for (let at = text.indexOf('{'); at >= 0 && found.length < most; at = text.indexOf('{', at + 1)) {
    const end = closingOf(text, at)
    if (end < 0) continue
    found.push(text.slice(at, end + 1))
    at = end
  }
  return found
}

/** Index of the brace that closes the one at `start`, or -1. */
const closingOf = (text: string, start: number): number => {
  let depth = 0
  let isInString = false
  for (let at = start; at < text.length; at++) {
    const sign = text[at]
    if (isInString && sign === '\\') at++
    else if (sign === '"') isInString = !isInString
    else if (!isInString && sign === '{') depth++
    else if (!isInString && sign === '}' && --depth === 0) return at
  }
  return -1
}
