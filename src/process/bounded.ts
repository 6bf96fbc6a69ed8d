/** Runs one command of an agent's loop inside its box: its whole process group is ended at its bound. Never outside one. */
import { spawn } from 'node:child_process'

export interface BoundedEnd {
  exitCode: number | null
  signal: string | null
  timedOut: boolean
  /** Standard output and errors as they came; the middle is left out where it is long. */
  output: string
}

export interface Bounded {
  cwd: string
  /** The whole environment. */
  env: Record<string, string>
  timeoutMs: number
  /** Bytes of output that are kept, half of them its beginning. */
  keptBytes: number
}

/** How long what a command leaves behind may keep its pipes open after its own end. */
const afterwardsMs = 250

/** Groups at work, so that they end with us where no box does it. */
const running = new Set<number>()

/** Ends what runs; for a signal's handler. */
export const endBounded = (): void => {
  for (const group of running) killGroup(group)
}

/** Resolves for every end; a command that can't be started has neither exit code nor signal. */
export const runBounded = (file: string, args: readonly string[], options: Bounded): Promise<BoundedEnd> =>
  new Promise(resolve => {
    const kept = keeper(options.keptBytes)
    const child = spawn(file, args, {
      cwd: options.cwd,
      env: options.env,
      detached: true,
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    const group = child.pid
    if (group !== undefined) running.add(group)
    let timedOut = false
    const timer = setTimeout(() => {
      timedOut = true
      if (group !== undefined) killGroup(group)
    }, options.timeoutMs)
    const finish = (exitCode: number | null, signal: string | null): void => {
      clearTimeout(timer)
      if (group !== undefined) running.delete(group)
      child.stdout.destroy()
      child.stderr.destroy()
      resolve({ exitCode, signal, timedOut, output: kept.text() })
    }
    child.stdout.on('data', kept.add)
    child.stderr.on('data', kept.add)
    child.once('error', error => {
      kept.add(Buffer.from(error.message))
      finish(null, null)
    })
    child.once('exit', (exitCode, signal) => {
      // A process it left in the background holds the pipes open: it goes on, unheard.
      const late = setTimeout(() => finish(exitCode, signal), afterwardsMs)
      child.once('close', () => {
        clearTimeout(late)
        finish(exitCode, signal)
      })
    })
  })

const killGroup = (group: number): void => {
  try {
    process.kill(-group, 'SIGKILL')
  } catch {
    // It has ended by itself.
  }
}

/** Keeps the first and the last part of what is added. */
const keeper = (bytes: number) => {
  const half = Math.floor(bytes / 2)
  let head = Buffer.alloc(0)
  let tail = Buffer.alloc(0)
  let left = 0
  return {
    add: (chunk: Buffer): void => {
      const room = half - head.length
      if (room > 0) head = Buffer.concat([head, chunk.subarray(0, room)])
      const rest = chunk.subarray(Math.max(0, room))
      if (rest.length === 0) return
      const all = Buffer.concat([tail, rest])
      left += Math.max(0, all.length - half)
      tail = Buffer.from(all.subarray(Math.max(0, all.length - half)))
    },
    text: (): string => {
      const middle = left === 0 ? '' : `\n… ${left} bytes left out …\n`
      return left === 0
        ? Buffer.concat([head, tail]).toString('utf8')
        : head.toString('utf8') + middle + tail.toString('utf8')
    },
  }
}
