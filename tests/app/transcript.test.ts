/** What is kept of an agent's stream: all of it, in order, without a wait per line. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { openTranscript } from '../../src/app/transcript.ts'
import { makeScratch, removeScratch } from '../support/git-repository.ts'

const scratch = makeScratch('transcript')
afterAll(() => removeScratch(scratch))

test('keeps every event in order, however they come, until it is closed', async () => {
  const path = join(scratch, 'kept.jsonl')
  let at = 0
  const transcript = openTranscript(path, { now: () => ++at, log: () => {} })
  for (let event = 1; event <= 1_000; event++) {
    transcript.write({ type: 'text', text: `said ${event}` })
    if (event % 100 === 0) await new Promise(resolve => setImmediate(resolve))
  }
  await transcript.close()
  const kept = readFileSync(path, 'utf8').trimEnd().split('\n')
  expect(kept).toHaveLength(1_000)
  expect(kept.map(line => JSON.parse(line) as unknown)).toEqual(
    Array.from({ length: 1_000 }, (_, index) => ({ at: index + 1, type: 'text', text: `said ${index + 1}` })),
  )
})

test('says in the log what it can not write, and goes on', async () => {
  const said: string[] = []
  const transcript = openTranscript(join(scratch, 'missing', 'kept.jsonl'), {
    now: () => 0,
    log: line => said.push(line),
  })
  transcript.write({ type: 'text', text: 'lost' })
  await transcript.close()
  expect(said).toEqual([expect.stringContaining('ENOENT')])
})
