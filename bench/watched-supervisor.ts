/**
 * A supervisor in a process of its own that watches its own event loop and memory, and tells both when asked to end.
 * Arguments: the repository, how many workers make the crowd (or `idle`: serve nothing, for a baseline), and where
 * compiled code is kept.
 */
import { readFileSync } from 'node:fs'
import { enableCompileCache } from 'node:module'
import { monitorEventLoopDelay } from 'node:perf_hooks'
import type { LoopEvent } from '../src/domain/event.ts'

/** Milliseconds by which the loop was late. */
export interface Delays {
  p50: number
  p99: number
  max: number
}

export interface Watched {
  whole: Delays
  /** While all of the crowd were at work at once. */
  talking: Delays
  /** Most workers at once. */
  most: number
  /** Highest resident set, in units of 2^20 bytes. */
  peakMb: number
  cpuMs: number
  wallMs: number
}

const [root = '.', crowd = 'idle', compiled] = process.argv.slice(2)
// As the entry does it for a real supervisor: what strips types by itself takes twenty megabytes more.
enableCompileCache(compiled)
const { openProject, superviseProject } = await import('../src/app.ts')

const resolution = 5

const watchDelays = () => {
  const histogram = monitorEventLoopDelay({ resolution })
  // A sample is the time between two of its ticks, so what is on time counts as one interval.
  const late = (nanoseconds: number): number => Math.max(0, nanoseconds / 1e6 - resolution)
  return {
    begin: () => void histogram.enable(),
    pause: () => void histogram.disable(),
    delays: (): Delays => ({
      p50: late(histogram.percentile(50)),
      p99: late(histogram.percentile(99)),
      max: late(histogram.max),
    }),
  }
}

const whole = watchDelays()
const talking = watchDelays()
const began = performance.now()
whole.begin()

let atWork = 0
let most = 0
const onCommit = (event: LoopEvent): void => {
  if (event.type === 'attempt.started') atWork += 1
  if (event.type === 'attempt.finished') atWork -= 1
  most = Math.max(most, atWork)
  if (atWork === Number(crowd)) talking.begin()
  else talking.pause()
}

const peakMb = (): number =>
  Number(/^VmHWM:\s+(\d+) kB$/m.exec(readFileSync('/proc/self/status', 'utf8'))?.[1] ?? Number.NaN) / 1024

const stop = new AbortController()
const served =
  crowd === 'idle'
    ? Promise.resolve(true)
    : openProject({ cwd: root, env: process.env }).then(project =>
        superviseProject(project, { idleMs: null, log: () => {}, signal: stop.signal, onCommit }),
      )

const tell = async (): Promise<void> => {
  whole.pause()
  const { user, system } = process.cpuUsage()
  const watched: Watched = {
    whole: whole.delays(),
    talking: talking.delays(),
    most,
    peakMb: peakMb(),
    cpuMs: (user + system) / 1_000,
    wallMs: performance.now() - began,
  }
  stop.abort()
  await served
  process.send!(watched, () => process.exit(0))
}
process.once('message', () => void tell())
process.once('disconnect', () => process.exit(1))
