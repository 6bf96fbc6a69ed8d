/** Tells before it is parsed whether JSON holds too much: a small text can become gigabytes of values. */

const [quote, backslash, comma, bracket, brace] = Buffer.from('"\\,[{')

/** Whether the text has at most so many values, by what stands before each one outside of strings. */
export const hasAtMost = (mostValues: number, json: Buffer): boolean => {
  let values = 1
  for (let at = 0; at < json.length; at++) {
    const byte = json[at]
    if (byte === quote) {
      at = endOfString(json, at)
      if (at < 0) return true
    } else if ((byte === comma || byte === bracket || byte === brace) && ++values > mostValues) return false
  }
  return true
}

/** Where the string that begins at `start` ends, or -1 for nowhere: a parser will say so. */
const endOfString = (json: Buffer, start: number): number => {
  for (let end = json.indexOf(quote!, start + 1); end >= 0; end = json.indexOf(quote!, end + 1)) {
    let before = end - 1
    while (json[before] === backslash) before--
    if ((end - before) % 2 === 1) return end
  }
  return -1
}
