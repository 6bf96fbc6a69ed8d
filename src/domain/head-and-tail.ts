/** Text that comes without an end in sight, kept as its beginning and its end, cut between lines. */

export interface HeadAndTail {
  add(text: string): void
  /** What is kept; where something was left out, one line says so, and how many bytes. */
  end(): { text: string; leftOutBytes: number }
}

/** At most `headBytes` of the beginning, and at most `tailBytes` of the end, in bytes of UTF-8. Never holds more than twice that. */
export const headAndTail = (headBytes: number, tailBytes: number): HeadAndTail => {
  let head: Buffer = Buffer.alloc(0)
  let tail: Buffer[] = []
  let held = 0
  let dropped = 0
  const shrink = (): void => {
    const all = Buffer.concat(tail, held)
    const kept = all.subarray(Math.max(0, held - tailBytes))
    dropped += held - kept.length
    tail = [Buffer.from(kept)]
    held = kept.length
  }
  return {
    add: text => {
      const bytes = Buffer.from(text)
      const room = headBytes - head.length
      if (room > 0) head = Buffer.concat([head, bytes.subarray(0, room)])
      const rest = room > 0 ? bytes.subarray(room) : bytes
      if (rest.length === 0) return
      tail.push(rest)
      held += rest.length
      if (held > 2 * tailBytes) shrink()
    },
    end: () => {
      if (held > tailBytes) shrink()
      const rest = Buffer.concat(tail, held)
      if (dropped === 0) return { text: Buffer.concat([head, rest]).toString('utf8'), leftOutBytes: 0 }
      const first = head.subarray(0, head.lastIndexOf(10) + 1)
      const last = rest.subarray(rest.indexOf(10) + 1)
      const leftOutBytes = dropped + (head.length - first.length) + (rest.length - last.length)
      return { text: `${first}${cutLine(leftOutBytes)}\n${last}`, leftOutBytes }
    },
  }
}

const cutLine = (bytes: number): string => `[AgentLab left out ${bytes} bytes here]`
