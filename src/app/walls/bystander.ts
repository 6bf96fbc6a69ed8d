/** A program of the operator's that runs beside the boxes, with a secret in its words and its environment. */
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { startInBox } from '../box-command.ts'
import { makeSeat, seatAt } from '../seats.ts'
import type { Place } from './place.ts'

export interface Bystander {
  pid: number
  close(): Promise<void>
}

const livesMs = 300_000

/** Resolves once it runs. It lives five minutes at most. */
export const startBystander = async ({ project }: Place): Promise<Bystander> => {
  const seat = seatAt(project.paths.seats, 'bystander')
  await makeSeat(seat)
  const said = join(seat.io, 'out')
  const process = await startInBox(
    { project, now: Date.now, log: () => {} },
    { runId: 'wallwall', request: { containment: 'unboxed' } },
    {
      seat,
      taskId: null,
      what: 'a bystander',
      file: '/bin/bash',
      args: ['-c', 'echo here; sleep 300 & wait', 'SECRET BYSTANDER'],
      cwd: seat.out,
      env: { PATH: '/usr/bin:/bin', LOGIN: 'SECRET' },
      stdinPath: null,
      stdoutPath: said,
      stderrPath: said,
      readable: [],
      limits: { wallMs: livesMs },
    },
  )
  while ((await readFile(said, 'utf8')) === '') await delay(2)
  return { pid: process.pid, close: () => process.stop('cancelled', { signal: 'SIGTERM', graceMs: 0 }) }
}
