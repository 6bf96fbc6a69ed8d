/** What is kept of an agent's stream: all of it, in order, without a wait per line. */
import { appendFileSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { openTranscript, readTranscript } from '../../src/app/transcript.ts'
import { createRedactor } from '../../src/domain/redaction/redactor.ts'
import { makeScratch, removeScratch } from '../support/git-repository.ts'

const scratch = makeScratch('transcript')
afterAll(() => removeScratch(scratch))

const redactor = createRedactor(['value-of-the-operator'])

test('keeps every event in order, however they come, until it is closed', async () => {
  const path = join(scratch, 'kept.jsonl')
  let at = 0
  const transcript = openTranscript(path, { lane: 'private' }, { now: () => ++at, log: () => {}, redactor })
  for (let event = 1; event <= 1_000; event++) {
    transcript.write({ type: 'text', text: `said ${event}` })
    if (event % 100 === 0) await new Promise(resolve => setImmediate(resolve))
  }
  await transcript.close()
  const kept = readFileSync(path, 'utf8').trimEnd().split('\n')
  expect(kept).toHaveLength(1_000)
  expect(kept.map(line => JSON.parse(line) as unknown)).toEqual(
    Array.from({ length: 1_000 }, (_, index) => ({
      at: index + 1,
      lane: 'private',
      type: 'text',
      text: `said ${index + 1}`,
    })),
  )
})

test('a later start of the same attempt reads what was kept, and passes over what is no event', async () => {
  const path = join(scratch, 'again.jsonl')
  const ran = [
    { type: 'tool.started', id: 't1', tool: 'Bash', input: 'npm test' },
    { type: 'tool.finished', id: 't1', ok: false, exitCode: 1, output: 'not ok' },
  ] as const
  for (const event of ran) {
    const transcript = openTranscript(path, { lane: 'private' }, { now: () => 1, log: () => {}, redactor })
    transcript.write(event)
    await transcript.close()
    appendFileSync(path, 'cut of\n{"type":"text"}\n')
  }
  expect(await readTranscript(path)).toEqual(ran)
  expect(await readTranscript(join(scratch, 'none.jsonl'))).toEqual([])
})

test('says in the log what it can not write, and goes on', async () => {
  const said: string[] = []
  const transcript = openTranscript(
    join(scratch, 'missing', 'kept.jsonl'),
    { lane: 'private' },
    {
      now: () => 0,
      log: line => said.push(line),
      redactor,
    },
  )
  transcript.write({ type: 'text', text: 'lost' })
  await transcript.close()
  expect(said).toEqual([expect.stringContaining('ENOENT')])
})

test('keeps no secret, whether it comes in one event or word by word', async () => {
  const path = join(scratch, 'redacted.jsonl')
  const transcript = openTranscript(path, { lane: 'private' }, { now: () => 0, log: () => {}, redactor })
  const token = `ghp_${'0123456789'.repeat(4)}`
  transcript.write({ type: 'tool.started', id: '1', tool: 'Bash', input: `curl -H "X: ${token}"` })
  transcript.write({ type: 'tool.finished', id: '1', ok: true, exitCode: 0, output: `a\n${token}\nb` })
  for (const text of [
    'It is ',
    token.slice(0, 9),
    token.slice(9, 30),
    `${token.slice(30)}, or val`,
    'ue-of-the-op',
    'erator.',
  ])
    transcript.write({ type: 'text', text })
  transcript.write({ type: 'thinking', text: 'value-of-' })
  transcript.write({ type: 'text', text: 'the-operator' })
  await transcript.close()
  const kept = readFileSync(path, 'utf8').trimEnd().split('\n')
  const events = kept.map(line => JSON.parse(line) as Record<string, unknown>)
  expect(events[0]).toMatchObject({ input: 'curl -H "X: [redacted: github token]"' })
  expect(events[1]).toMatchObject({ output: 'a\n[redacted: github token]\nb', exitCode: 0 })
  expect(events.slice(2, 8).map(event => event.text)).toEqual([
    'It is ',
    '[redacted: github token]',
    '',
    ', or [redacted: operator credential]',
    '',
    '.',
  ])
  expect(events.slice(8).map(event => event.text)).toEqual(['value-of-', 'the-operator'])
})
