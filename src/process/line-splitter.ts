/** Cuts a stream of bytes into lines, holding at most one line, and of a long one only its beginning. */

export interface LineSplitter {
  push(chunk: Buffer): void
  /** Bytes of the stream are missing here: the line at hand is delivered cut. What follows may begin within a line. */
  lost(): void
  /** The stream is over: an unfinished last line is delivered. */
  end(): void
}

const newline = 0x0a

/** `onLine` gets each line without its newline; `cut` where it is only the beginning of one. */
export const lineSplitter = (maxLineBytes: number, onLine: (line: string, cut: boolean) => void): LineSplitter => {
  let parts: Buffer[] = []
  let sizeBytes = 0
  // Within a line whose beginning was delivered already.
  let isSkipping = false

  const deliver = (cut: boolean): void => {
    const line = parts.length === 1 ? parts[0]! : Buffer.concat(parts)
    parts = []
    sizeBytes = 0
    onLine(cut ? withoutTornCharacter(line).toString('utf8') : line.toString('utf8'), cut)
  }
  const hold = (bytes: Buffer): void => {
    if (isSkipping) return
    const room = maxLineBytes - sizeBytes
    if (bytes.length > 0) parts.push(Buffer.from(bytes.subarray(0, room)))
    sizeBytes += Math.min(bytes.length, room)
    if (bytes.length <= room) return
    deliver(true)
    isSkipping = true
  }
  return {
    push: chunk => {
      let from = 0
      for (let at = chunk.indexOf(newline); at !== -1; at = chunk.indexOf(newline, from)) {
        hold(chunk.subarray(from, at))
        if (!isSkipping) deliver(false)
        isSkipping = false
        from = at + 1
      }
      hold(chunk.subarray(from))
    },
    lost: () => {
      if (sizeBytes > 0) deliver(true)
      isSkipping = false
    },
    end: () => {
      if (sizeBytes > 0) deliver(false)
    },
  }
}

// A cut may go through a character; its first bytes alone would read as U+FFFD.
const withoutTornCharacter = (line: Buffer): Buffer => {
  for (let back = 1; back <= Math.min(3, line.length); back++) {
    const byte = line[line.length - back]!
    if (byte < 0x80) break
    if (byte >= 0xc0) {
      const length = byte >= 0xf0 ? 4 : byte >= 0xe0 ? 3 : 2
      return length > back ? line.subarray(0, line.length - back) : line
    }
  }
  return line
}
