/** Skips events that hold nothing of interest without reading them: of a long answer all but a few. */
import { EventSplitter, type Piece } from './sse.ts'

/** A partial event that is longer is read as it comes instead of being kept. */
const longestKept = 64 * 1024

/**
 * Gives out every event whose bytes hold `marker`, as `EventSplitter` does, and perhaps others that came beside one; those
 * between are searched, not split.
 */
export class MarkedEvents {
  readonly #marker: Buffer
  readonly #splitter: EventSplitter
  /** The bytes since the last end of an event, none of which the splitter has seen; without a marker so far. */
  #kept: Buffer = Buffer.alloc(0)
  /** The splitter has seen the event under way. */
  #isReading = false

  constructor(marker: string, onEvent: (piece: Piece) => void) {
    this.#marker = Buffer.from(marker)
    this.#splitter = new EventSplitter(onEvent)
  }

  push(chunk: Buffer): void {
    const end = endOfLastEvent(chunk)
    if (this.#isReading || this.#isMarked(chunk)) this.#read(chunk, end)
    else this.#kept = end > 0 ? chunk.subarray(end) : Buffer.concat([this.#kept, chunk])
    if (this.#kept.length > longestKept) this.#read(Buffer.alloc(0), 0)
  }

  /** Up to its last end of an event all of the chunk is read; what is behind that is kept, if it has no marker. */
  #read(chunk: Buffer, end: number): void {
    const isLastMarked = end === 0 || chunk.subarray(end).includes(this.#marker)
    const read = isLastMarked ? chunk : chunk.subarray(0, end)
    this.#splitter.push(this.#kept)
    this.#splitter.push(read)
    this.#kept = chunk.subarray(read.length)
    this.#isReading = isLastMarked
  }

  /** Also where the marker began in what was kept. */
  #isMarked(chunk: Buffer): boolean {
    const reach = this.#marker.length - 1
    const seam = Buffer.concat([this.#kept.subarray(-reach), chunk.subarray(0, reach)])
    return chunk.includes(this.#marker) || seam.includes(this.#marker)
  }
}

/** Behind the last blank line, or 0 where there is none. */
const endOfLastEvent = (bytes: Buffer): number => {
  const plain = bytes.lastIndexOf('\n\n')
  const withReturns = bytes.lastIndexOf('\n\r\n')
  return Math.max(plain < 0 ? 0 : plain + 2, withReturns < 0 ? 0 : withReturns + 3)
}
