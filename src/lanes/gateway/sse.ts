/** Splits a byte stream into server-sent events with bounded memory. */

/** One event's data, or a JSON body's end. `cut`: only the last part is here because it was longer than the bound. */
export interface Piece {
  data: string
  cut: boolean
}

/** Bytes of one event that are kept whole. */
const wholeBytes = 1024 * 1024
/** Past that, bytes of its end that are kept: providers write usage last. */
const tailBytes = 64 * 1024

/** Keeps what was written, or its end once it is longer than `wholeBytes`. */
export class BoundedText {
  #chunks: Buffer[] = []
  #size = 0
  #cut = false

  push(chunk: Buffer): void {
    this.#chunks.push(chunk)
    this.#size += chunk.length
    if (this.#size <= (this.#cut ? tailBytes * 4 : wholeBytes)) return
    const tail = Buffer.concat(this.#chunks).subarray(-tailBytes)
    this.#chunks = [Buffer.from(tail)]
    this.#size = tail.length
    this.#cut = true
  }

  take(): Piece {
    const piece = { data: Buffer.concat(this.#chunks).toString('utf8'), cut: this.#cut }
    this.#chunks = []
    this.#size = 0
    this.#cut = false
    return piece
  }
}

const newline = 0x0a
const carriageReturn = 0x0d
const field = Buffer.from('data:')

/**
 * Feeds bytes in, gives each event's `data` out at its blank line. Several data lines are joined without their newlines,
 * which is enough for JSON. Other fields are ignored.
 */
export class EventSplitter {
  readonly #onEvent: (piece: Piece) => void
  readonly #event = new BoundedText()
  #hasData = false
  /** Bytes of the current line seen so far, until its field is known. */
  #head: Buffer = Buffer.alloc(0)
  #line: 'unknown' | 'data' | 'other' = 'unknown'

  constructor(onEvent: (piece: Piece) => void) {
    this.#onEvent = onEvent
  }

  push(chunk: Buffer): void {
    let rest = chunk
    while (rest.length > 0) {
      const end = rest.indexOf(newline)
      this.#part(end < 0 ? rest : rest.subarray(0, end))
      if (end < 0) return
      this.#endLine()
      rest = rest.subarray(end + 1)
    }
  }

  #part(bytes: Buffer): void {
    if (this.#line === 'data') this.#event.push(bytes)
    if (this.#line !== 'unknown') return
    this.#head = Buffer.concat([this.#head, bytes])
    if (this.#head.length < field.length) return
    this.#line = this.#head.subarray(0, field.length).equals(field) ? 'data' : 'other'
    if (this.#line === 'data') {
      this.#hasData = true
      this.#event.push(this.#head.subarray(field.length))
    }
    this.#head = Buffer.alloc(0)
  }

  #endLine(): void {
    const blank = this.#line === 'unknown' && (this.#head.length === 0 || this.#head[0] === carriageReturn)
    if (blank && this.#hasData) {
      this.#hasData = false
      this.#onEvent(this.#event.take())
    }
    this.#line = 'unknown'
    this.#head = Buffer.alloc(0)
  }
}
