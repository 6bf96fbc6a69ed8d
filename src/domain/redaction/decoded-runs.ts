/** Stretches of base64 and percent-encoding, decoded, with the way back from each decoded character to where it stood. */

export interface DecodedRun {
  /** One character for one byte. */
  text: string
  /** Where the stretch lies that gives the decoded characters from `from` to before `to`. */
  sourceOf(from: number, to: number): { start: number; end: number }
  /** Nothing before has to be decoded again. A stretch that was cut off is told to end well before the cut. */
  end: number
}

const base64Chars = charSet('ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/-_')
const urlChars = charSet("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~%+:/=&?@!*,;$#'()")

function charSet(chars: string): Uint8Array {
  const set = new Uint8Array(256)
  for (let index = 0; index < chars.length; index++) set[chars.charCodeAt(index)] = 1
  return set
}

/** How far a stretch is looked at before and behind the place that gave it away. */
const before = 2_048
const behind = 16_384

const startOf = (text: string, at: number, floor: number, set: Uint8Array): number => {
  let start = at
  const least = Math.max(floor, at - before)
  while (start > least && set[text.charCodeAt(start - 1)] === 1) start -= 1
  return start
}

const endOf = (text: string, at: number, set: Uint8Array): number => {
  let end = at
  const most = Math.min(text.length, at + behind)
  while (end < most && set[text.charCodeAt(end)] === 1) end += 1
  return end
}

/** What begins this close to a cut may have been cut itself. */
const told = (at: number, end: number): number => (end === at + behind ? end - before : end)

const shortestRun = 16

/** The base64 around `at`, whose character is number `phase` of its group; null where it is too short to hold a secret. */
export const base64Run = (text: string, at: number, phase: number, floor: number): DecodedRun | null => {
  const end = endOf(text, at, base64Chars)
  const earliest = startOf(text, at, floor, base64Chars)
  const start = at - phase - Math.max(0, Math.floor((at - phase - earliest) / 4)) * 4
  if (start < floor || end - start < shortestRun) return null
  return {
    text: Buffer.from(text.slice(start, end), 'base64').toString('latin1'),
    sourceOf: (from, to) => ({
      start: start + Math.floor(from / 3) * 4,
      end: withPadding(text, Math.min(end, start + Math.ceil(to / 3) * 4), end),
    }),
    end: told(at, end),
  }
}

const withPadding = (text: string, at: number, runEnd: number): number => {
  if (at !== runEnd) return at
  let end = at
  while (end < at + 2 && text.charAt(end) === '=') end += 1
  return end
}

/** Five times eight characters with the two `A`s that zero bytes between letters leave. */
const wideSigns = 3

/**
 * Base64 whose bytes are every other one zero, as that of UTF-16 is; each way to cut it into groups once. Its own zeros
 * are found in the decoded text.
 */
export const wideBase64Runs = (text: string, start: number, end: number): DecodedRun[] => {
  if (!looksWide(text, start, end)) return []
  return [0, 1, 2, 3].map(phase => ({
    text: Buffer.from(text.slice(start + phase, end), 'base64').toString('latin1'),
    sourceOf: (from, to) => ({
      start: start + phase + Math.floor(from / 3) * 4,
      end: withPadding(text, Math.min(end, start + phase + Math.ceil(to / 3) * 4), end),
    }),
    end,
  }))
}

const looksWide = (text: string, start: number, end: number): boolean => {
  let [run, last] = [0, -1]
  for (let at = text.indexOf('A', start); at !== -1 && at + 3 < end; at = text.indexOf('A', at + 1)) {
    if (text.charCodeAt(at + 3) !== 65) continue
    run = at - last === 8 ? run + 1 : 1
    if (run >= wideSigns) return true
    last = at
  }
  return false
}

const mostInflated = 1024 * 1024

/** What base64 of gzip at `at` unpacks to, as far as it goes; a find in it takes all of it. Null where it is none. */
export const gzipRun = (text: string, at: number): DecodedRun | null => {
  const end = endOf(text, at, base64Chars)
  if (end - at < shortestRun) return null
  const plain = inflated(Buffer.from(text.slice(at, end), 'base64'))
  if (plain === null) return null
  const whole = { start: at, end: withPadding(text, end, end) }
  return { text: plain.toString('latin1'), sourceOf: () => whole, end }
}

// Fetched when it is first needed: most texts hold nothing compressed, and readers must start at once.
const inflated = (bytes: Buffer): Buffer | null => {
  const { constants, gunzipSync } = process.getBuiltinModule('node:zlib')
  try {
    // What was cut off is looked into as far as it goes.
    return gunzipSync(bytes, { maxOutputLength: mostInflated, finishFlush: constants.Z_SYNC_FLUSH })
  } catch {
    return null
  }
}

const codeAt = (text: string, at: number): number => {
  const code = text.slice(at + 1, at + 3)
  return text.charAt(at) === '%' && /^[0-9a-f]{2}$/i.test(code) ? Number.parseInt(code, 16) : -1
}

/** The percent-encoded stretch around `at`. */
export const percentRun = (text: string, at: number, floor: number): DecodedRun => {
  const start = startOf(text, at, floor, urlChars)
  const end = endOf(text, at, urlChars)
  const places: number[] = []
  let decoded = ''
  for (let index = start; index < end; index++) {
    places.push(index)
    const code = codeAt(text, index)
    decoded += code === -1 ? text.charAt(index) : String.fromCharCode(code)
    if (code !== -1) index += 2
  }
  places.push(end)
  return { text: decoded, sourceOf: (from, to) => ({ start: places[from]!, end: places[to]! }), end: told(at, end) }
}
