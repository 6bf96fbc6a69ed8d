/** A gate that goes away while an answer streams: the attempt failed for the network's sake, and is made again. */
import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { processesBelow } from '../support/seat-processes.ts'
import { inLab, onePlan, scenario, write } from './lab.ts'

const of = (pid: number, file: string): string => {
  try {
    return readFileSync(`/proc/${pid}/${file}`, 'utf8')
  } catch {
    return ''
  }
}
const isBridge = (pid: number): boolean => of(pid, 'comm').trim() === 'socat'

/** The bridge keeps listening, and has one process for each connection. */
const connections = (dataDir: string): number[] =>
  processesBelow(dataDir)
    .map(line => Number.parseInt(line, 10))
    .filter(pid => isBridge(pid) && isBridge(Number(/^PPid:\t(\d+)/m.exec(of(pid, 'status'))?.[1])))

/** Kills each connection through which something went and nothing more goes: its answer hangs. Call again and again. */
const hangCutter = (dataDir: string): (() => void) => {
  const went = new Map<number, string>()
  return () => {
    for (const pid of connections(dataDir)) {
      const bytes = /^rchar: (\d+)/m.exec(of(pid, 'io'))?.[1] ?? '0'
      if (Number(bytes) > 1_000 && went.get(pid) === bytes) process.kill(pid, 'SIGKILL')
      went.set(pid, bytes)
    }
  }
}

test('a connection that is cut midway ends the attempt as network, and the next start does the work', () =>
  inLab({}, async lab => {
    const hangs = ['{ hang: { afterBytes: 400 }, onLaunch: 1 }', write('one.txt', 'done\n')].join()
    let isOver = false
    const cut = hangCutter(lab.dataDir)
    const cutting = setInterval(() => {
      if (!isOver) cut()
    }, 400)
    try {
      const view = await lab.run({ planText: onePlan(), scenarioText: scenario(hangs) }, ({ tasks: [task] }) => {
        isOver ||= task?.attempts.some(attempt => attempt.endedAt !== null) ?? false
      })
      expect(view.outcome).toBe('done')
      expect(view.tasks[0]!.attempts.map(({ n, class: failure }) => ({ n, failure }))).toEqual([
        { n: 1, failure: 'network' },
        { n: 1, failure: null },
      ])
      // It was an answer under way that broke, and not the way to it.
      const rows = await lab.open(({ store }) => store.requests.ofRun(view.runId))
      const [first] = view.tasks[0]!.attempts
      expect(rows.some(row => row.role === 'worker' && row.status === 200 && row.startedAt < first!.endedAt!)).toBe(
        true,
      )
    } finally {
      clearInterval(cutting)
    }
  }))
