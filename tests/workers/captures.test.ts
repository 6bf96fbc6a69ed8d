import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import type { ProcessEnd } from '../../src/domain/attempt.ts'
import { WorkerEvent } from '../../src/domain/worker-event.ts'
import { workers } from '../../src/workers/registry.ts'
import { oracle, Recorded, resumed, unrecordedExit, withSchema } from './captures-oracle.ts'

const captures = join(import.meta.dirname, '../fixtures/captures')
const golden = join(import.meta.dirname, '../fixtures/golden')

const Meta = z.object({
  exitCode: z.number().nullable(),
  signal: z.string().nullable(),
  wallMs: z.number(),
  timedOut: z.boolean(),
})

const endOf = (id: string): ProcessEnd => {
  const file = join(captures, `${id}.meta.json`)
  if (!existsSync(file))
    return { exitCode: unrecordedExit[id] ?? 0, signal: null, stopped: null, startedAt: 0, endedAt: 1_000 }
  const meta = Meta.parse(JSON.parse(readFileSync(file, 'utf8')))
  const stopped = meta.timedOut ? 'stalled' : null
  return { exitCode: meta.exitCode, signal: meta.signal, stopped, startedAt: 0, endedAt: meta.wallMs }
}

const replay = (worker: Recorded, id: string) => {
  const reader = workers[worker].reader({
    schema: withSchema.includes(id) ? { type: 'object' } : null,
    resume: resumed.includes(id) ? 'earlier' : null,
  })
  const lines = readFileSync(join(captures, `${id}.jsonl`), 'utf8')
    .split('\n')
    .slice(0, -1)
  const events = lines.flatMap(line => reader.read(line))
  const stderr = join(captures, `${id}.stderr`)
  const hadOpenTool = reader.hasOpenTool()
  const end = reader.conclude(endOf(id), existsSync(stderr) ? readFileSync(stderr, 'utf8').slice(-65_536) : '')
  return { events, end, hadOpenTool }
}

const idsOf = (worker: Recorded): string[] =>
  readdirSync(captures)
    .filter(file => file.startsWith(`${worker}-`) && file.endsWith('.jsonl'))
    .map(file => file.replace('.jsonl', ''))
    .sort()

const verdictsOf = (worker: Recorded): Record<string, string> =>
  Object.fromEntries(
    Object.entries(oracle[worker]).flatMap(([verdict, cases]) =>
      cases.split(/\s+/).map(name => [`${worker}-${name}`, verdict]),
    ),
  )

describe.each(Recorded.options)('%s captures', worker => {
  const verdicts = verdictsOf(worker)

  it('have each a verdict by hand', () => {
    expect(Object.keys(verdicts).sort()).toEqual(idsOf(worker))
  })

  it.each(idsOf(worker))('%s ends as it did', id => {
    const { events, end } = replay(worker, id)
    expect(end.outcome === 'answered' ? 'answered' : end.class).toBe(verdicts[id])
    for (const event of events) expect(WorkerEvent.safeParse(event).error).toBeUndefined()
    expect(events.filter(event => event.type === 'unknown')).toEqual([])
  })

  it('give the same events as when they were reviewed', async () => {
    const pages = idsOf(worker).map(id => {
      const { events, end, hadOpenTool } = replay(worker, id)
      const lines = events.map(event => `  ${JSON.stringify(event)}`)
      return [`${id}${hadOpenTool ? ' (a tool is open)' : ''}`, ...lines, `  => ${JSON.stringify(end)}`].join('\n')
    })
    await expect(`${pages.join('\n\n')}\n`).toMatchFileSnapshot(join(golden, `${worker}.txt`))
  })
})
