/** Follows the lines of a growing append-only file in bounded memory, also when it is emptied in place. */
import { constants, watch } from 'node:fs'
import { type FileHandle, open } from 'node:fs/promises'
import { lineSplitter } from './line-splitter.ts'

export interface TailedLine {
  /** Without its newline. Bytes that are not UTF-8 become U+FFFD. */
  text: string
  /** The line was longer than the limit, or the file was emptied within it: this is its beginning. */
  cut: boolean
}

export interface TailOptions {
  /** Longer lines are delivered once, cut to this. Default 8 MiB. */
  maxLineBytes?: number
  /** Ends the tail at once, without reading on. */
  signal?: AbortSignal
  /** Called with each line, in order. What it throws ends the tail and rejects `stop`. */
  onLine: (line: string, cut: boolean) => void
  /**
   * Bytes removed from the file's beginning so far (launch.ts: `dropped()`). Without it an emptied file is recognised by
   * being shorter than what was read, which misses one that has grown past that again.
   */
  droppedBytes?: () => number
}

export interface Tail {
  /** Reads to the present end of the file, delivers an unfinished last line, and ends. */
  stop(): Promise<void>
}

/** Follows `path` from its beginning; waits for it while it does not exist. Never follows a link at its end. */
export const tailLines = (path: string, options: TailOptions): Tail => {
  const wake = waker(path)
  let isStopping = false
  const follow = async (): Promise<void> => {
    const lines = lineSplitter(options.maxLineBytes ?? 8 * 1024 * 1024, options.onLine)
    const isEnded = (): boolean => options.signal?.aborted ?? false
    let handle: FileHandle | null = null
    try {
      const reader = chunkReader(options.droppedBytes, lines.lost)
      while (!isEnded()) {
        // Read before the file, so that nothing written before stop() is missed.
        const isLast = isStopping
        handle ??= await openForReading(path)
        for (let chunk = handle && (await reader(handle)); chunk && !isEnded(); chunk = await reader(handle!)) {
          lines.push(chunk)
        }
        if (isLast) return void (isEnded() || lines.end())
        await wake.next()
      }
    } finally {
      wake.close()
      await handle?.close()
    }
  }
  const done = follow()
  // Whoever calls stop() hears of it; until then it is nobody's.
  done.catch(() => {})
  options.signal?.addEventListener('abort', wake.now, { once: true })
  return {
    stop: () => {
      isStopping = true
      wake.now()
      return done
    },
  }
}

const openForReading = async (path: string): Promise<FileHandle | null> => {
  try {
    const handle = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK)
    if ((await handle.stat()).isFile()) return handle
    await handle.close()
    throw new Error(`tail failed on ${path}: it is not a regular file`)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null
    throw error
  }
}

// Positions count from the first byte ever written: `base` bytes of them are no longer in the file.
const chunkReader = (droppedBytes: (() => number) | undefined, onLoss: () => void) => {
  const buffer = Buffer.allocUnsafe(64 * 1024)
  let base = 0
  let position = 0
  return async (handle: FileHandle): Promise<Buffer | null> => {
    for (;;) {
      const removed = droppedBytes?.() ?? ((await handle.stat()).size < position - base ? position : base)
      if (removed !== base) {
        if (removed > position || droppedBytes === undefined) onLoss()
        base = position = removed
      }
      const { bytesRead } = await handle.read(buffer, 0, buffer.length, position - base)
      // Emptied while it was read: these bytes are of an unknown place.
      if (droppedBytes !== undefined && droppedBytes() !== base) continue
      position += bytesRead
      return bytesRead === 0 ? null : buffer.subarray(0, bytesRead)
    }
  }
}

// Woken by the file system where it tells, and by the clock where it does not (or does not always).
const waker = (path: string) => {
  let ring = (): void => {}
  let isDue = false
  let isUrgent = false
  const hint = (): void => {
    isDue = true
    ring()
  }
  let watcher: ReturnType<typeof watch> | null = null
  const watched = (): boolean => {
    try {
      watcher ??= watch(path, hint).on('error', () => {})
    } catch {
      // Not there yet, or no more watches to be had: the clock alone then.
    }
    return watcher !== null
  }
  const pause = async (ms: number, isEnough: () => boolean): Promise<void> => {
    if (isEnough()) return
    let timer: NodeJS.Timeout | undefined
    await new Promise<void>(done => {
      ring = () => isEnough() && done()
      timer = setTimeout(done, ms)
    })
    clearTimeout(timer)
  }
  return {
    /** There is no time to wait for more. */
    now: (): void => {
      isUrgent = true
      ring()
    },
    /** Resolves at the next sign that there may be more, after a rest in which a talkative writer gathers some. */
    next: async (): Promise<void> => {
      const pollMs = watched() ? 250 : restMs
      await pause(restMs, () => isUrgent)
      await pause(pollMs - restMs, () => isUrgent || isDue)
      isDue = false
    },
    close: () => watcher?.close(),
  }
}

/** A line is read this late at most; a hundred lines a second are read in twenty pieces. */
const restMs = 50
