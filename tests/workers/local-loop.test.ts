/** The loop against a model that is a list of answers, with real tools in a folder. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { WorkerEvent } from '../../src/domain/worker-event.ts'
import { Endless, Overflow, Repeating } from '../../src/workers/local/asker.ts'
import { Ended } from '../../src/workers/local/closing.ts'
import { converse, type Parts } from '../../src/workers/local/loop.ts'
import { firstPerByte, isDropping } from '../../src/workers/local/room.ts'
import { loadSession, openSession } from '../../src/workers/local/session.ts'
import { bounds } from '../../src/workers/local/settings.ts'
import { toolbox } from '../../src/workers/local/tools/toolbox.ts'
import type { Turn } from '../../src/workers/local/turns.ts'
import type { Question, Reply } from '../../src/workers/local/wire/wire.ts'

type Scripted = Partial<Reply> | Error
const usage = { input: 10, cached: 0, output: 2 }
const call = (name: string, input: unknown): Partial<Reply> => ({
  calls: [{ id: '', name, input: typeof input === 'string' ? input : JSON.stringify(input) }],
})
const say = (text: string): Partial<Reply> => ({ text })

let dir: string
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'agentlab-loop-'))
})
afterEach(() => rmSync(dir, { recursive: true, force: true }))

/** Plays the answers in order; a question too many is a bug of the test's. */
const play = async (
  answers: Scripted[],
  over: Partial<Parts> = {},
  before: Turn[] = [{ kind: 'prompt', text: 'Do it.' }],
) => {
  const questions: Omit<Question, 'onPiece'>[] = []
  const events: WorkerEvent[] = []
  const left = [...answers]
  const closing = await converse(
    {
      system: 'You work.',
      specs: toolbox.map(tool => tool.spec),
      schema: null,
      asking: async question => {
        questions.push(question)
        if (question.tools.length === 0) return { ...blank, text: 'What was done: reading.' }
        const next = left.shift()
        if (next === undefined) throw new Error('asked once too often')
        if (next instanceof Error) throw next
        return { ...blank, ...next }
      },
      session: await openSession(join(dir, 'sessions'), 's'),
      place: { workspace: dir, tmp: dir, env: { PATH: process.env.PATH ?? '' } },
      capacity: { context: null, perByte: firstPerByte, fixedBytes: 0 },
      learnContext: async () => null,
      mail: async () => [],
      bounds,
      emit: event => events.push(event),
      clock: () => 0,
      saidBytes: () => 0,
      ...over,
    },
    before,
  )
  return { closing, questions, events, left }
}
const events2: WorkerEvent[] = []
const blank: Reply = { text: '', thinking: '', calls: [], stop: 'end', usage }

describe('the loop', () => {
  it('carries out calls, tells what came of them, and ends with the answer', async () => {
    const { closing, questions, events } = await play([
      call('write', { path: 'a/b.txt', content: 'one\n' }),
      call('edit', { path: 'a/b.txt', old: 'one', new: 'two' }),
      call('run', { command: 'cat a/b.txt; exit 3' }),
      say('It is done.'),
    ])
    expect(closing).toMatchObject({ end: 'answered', text: 'It is done.', usage: { input: 40, output: 8 } })
    expect(readFileSync(join(dir, 'a/b.txt'), 'utf8')).toBe('two\n')
    expect(questions.at(-1)?.turns.at(-1)).toMatchObject({ results: [{ ok: false, text: 'Exit code 3\ntwo' }] })
    expect(events.filter(event => event.type === 'tool.finished').map(event => event.exitCode)).toEqual([null, null, 3])
  })

  it('shows a model what was wrong with its call, and takes one out of its text', async () => {
    writeFileSync(join(dir, 'x'), 'here\n')
    const { closing, questions } = await play([
      call('read', "{'path': 'x'}"),
      say('I look:\n```json\n{"name": "read", "arguments": {"path": "x"}}\n```'),
      say('It says here.'),
    ])
    expect(closing.end).toBe('answered')
    expect(JSON.stringify(questions[1]?.turns)).toContain('not JSON')
    expect(JSON.stringify(questions[2]?.turns)).toContain('here')
  })

  it.each<[string, Scripted[], string]>([
    ['empty', Array(4).fill(say(' ')), 'empty'],
    ['talk', Array(4).fill(say('Now I will run the tests.')), 'talk'],
    ['repetition', Array(4).fill(new Repeating()), 'repetition'],
    ['an answer without end', Array(4).fill(new Endless()), 'output'],
    ['a circle', Array(6).fill(call('list', {})), 'noProgress'],
    ['no such tool', Array(5).fill(call('browse', {})), 'noProgress'],
    ['a refusal', [{ stop: 'refusal' }], 'refused'],
    ['the server', [new Ended('overloaded', 'model is loading', 5_000)], 'overloaded'],
    ['overflow of the statement alone', [new Overflow('exceeds the context')], 'context'],
  ])('ends with a reason of its own: %s', async (_, answers, reason) => {
    const { closing, left } = await play(answers)
    expect(closing).toMatchObject({ end: 'failed', reason })
    expect(left).toEqual([])
  })

  it('is bounded in turns, time and what is said', async () => {
    const steps = Array.from({ length: 5 }, (_, n) => call('run', { command: `echo ${n}` }))
    expect((await play(steps, { bounds: { ...bounds, turns: 5 } })).closing).toMatchObject({ reason: 'turns' })
    let now = 0
    const clock = () => (now += bounds.timeMs / 2)
    expect((await play(steps, { clock })).closing).toMatchObject({ reason: 'time' })
    expect((await play(steps, { saidBytes: () => bounds.outputBytes + 1 })).closing).toMatchObject({ reason: 'output' })
  })

  it('returns an answer out of shape once', async () => {
    const schema = { type: 'object', properties: { n: { type: 'number' } }, required: ['n'] }
    const good = await play([say('{"n": "x"}'), say('{"n": 7}')], { schema })
    expect(good.closing).toMatchObject({ end: 'answered', structured: { n: 7 } })
    expect((await play([say('no'), say('no')], { schema })).closing).toMatchObject({ reason: 'shape' })
  })

  it('tells the model what the operator says, once, after the results that were due, and before the end', async () => {
    const mail = [{ id: 'm1', text: 'Use tabs.', isTold: false }]
    const parts = { mail: async () => [...mail] }
    const say2 = (): void => void mail.push({ id: 'm2', text: 'And stop there.', isTold: false })
    const { closing, questions, events } = await play(
      [call('list', {}), call('run', { command: 'echo 1' }), say('It is done.'), say('I stop there.')],
      {
        ...parts,
        emit: event => {
          events2.push(event)
          if (event.type === 'text' && event.text === 'It is done.') say2()
        },
      },
    )
    expect(events).toEqual([])
    expect(closing).toMatchObject({ end: 'answered', text: 'I stop there.' })
    const kinds = questions.map(({ turns }) => turns.map(turn => turn.kind).join(' '))
    expect(kinds[0]).toBe('prompt operator')
    expect(kinds[2]).toBe('prompt operator answer results answer results')
    expect(kinds[3]).toBe('prompt operator answer results answer results answer operator')
    expect(JSON.stringify(questions[3]?.turns.at(-1))).toContain('And stop there.')
    expect(events2.filter(event => event.type === 'steered').map(event => event.id)).toEqual(['m1', 'm2'])

    // A later start finds them in its conversation: told anew only where nobody knows it yet.
    const before = (await loadSession(join(dir, 'sessions'), 's'))!
    const again = await play([say('Still done.')], { mail: async () => [{ ...mail[0]!, isTold: true }, mail[1]!] }, [
      ...before,
      { kind: 'prompt', text: 'Go on.' },
    ])
    expect(again.questions[0]?.turns.filter(turn => turn.kind === 'operator')).toHaveLength(2)
    expect(again.events.filter(event => event.type === 'steered').map(event => event.id)).toEqual(['m2'])
  })

  it('asks nothing when the statement does not fit, and says what it takes', async () => {
    const prompt: Turn = { kind: 'prompt', text: 'x'.repeat(40_000) }
    const { closing, questions } = await play([], { capacity: { context: 8_192, perByte: 1 / 3, fixedBytes: 0 } }, [
      prompt,
    ])
    expect(closing).toMatchObject({
      end: 'failed',
      reason: 'context',
      detail: expect.stringMatching(/takes about 13\d\d\d tokens.*context 8192/),
    })
    expect(questions).toEqual([])
  })
})

describe('a server that cuts the first question without a word', () => {
  const prompt: Turn = { kind: 'prompt', text: 'x'.repeat(60_000) }
  const parts = (loaded: number | null): Partial<Parts> => ({ learnContext: async () => loaded })
  const counted = (input: number | null): Partial<Reply> => ({
    text: 'It is done.',
    usage: { input, cached: 0, output: 2 },
  })
  it.each<[string, number | null, number | null, boolean]>([
    ['it counts far too little', 4_000, null, true],
    ['it holds too little', null, 4_096, true],
    ['it counts what it holds', 4_096, 4_096, true],
    ['it may have read all', 15_000, 32_768, false],
    ['it counts only what was new to it', 40, null, false],
    ['nobody says', null, null, false],
  ])('%s', async (_, input, loaded, isNoticed) => {
    const { closing } = await play([counted(input)], parts(loaded), [prompt])
    expect(closing).toMatchObject(
      isNoticed
        ? { end: 'failed', reason: 'context', detail: expect.stringMatching(/dropped part .*OLLAMA_CONTEXT_LENGTH/) }
        : { end: 'answered' },
    )
  })
})

describe('a conversation that outgrows its model', () => {
  const statement: Turn = { kind: 'prompt', text: 'THE STATEMENT' }
  const rounds = Array.from({ length: 30 }, (_, n) => call('run', { command: `seq ${n * 1_000} ${n * 1_000 + 400}` }))

  it('keeps its statement, parts no call from its result, and is summed up by the same model', async () => {
    const capacity = { context: 6_000, perByte: 1 / 3, fixedBytes: 0 }
    const { closing, questions } = await play([...rounds, say('It is done.')], { capacity }, [statement])
    expect(closing.end).toBe('answered')
    for (const { turns, tools } of questions.filter(question => question.tools.length > 0)) {
      expect(turns[0]).toEqual(statement)
      expect(JSON.stringify(turns).length / 3).toBeLessThan(6_000)
      expect(tools.length).toBeGreaterThan(0)
      const asked = turns.flatMap(turn => (turn.kind === 'answer' ? turn.calls.map(({ id }) => id) : []))
      const told = turns.flatMap(turn => (turn.kind === 'results' ? turn.results.map(({ id }) => id) : []))
      expect(told).toEqual(asked)
    }
    expect(questions.filter(question => question.tools.length === 0).length).toBeGreaterThan(0)
    const summary = questions.at(-1)!.turns.find(turn => turn.kind === 'note')
    const stands = Number(
      /Summary of (\d+) earlier calls:\nWhat was done/.exec((summary as { text: string }).text)?.[1],
    )
    expect(stands + questions.at(-1)!.turns.filter(turn => turn.kind === 'results').length).toBe(30)
  })

  it("keeps the operator's words whatever it has to leave out", async () => {
    const capacity = { context: 6_000, perByte: 1 / 3, fixedBytes: 0 }
    const mail = async () => [{ id: 'm1', text: 'MIND THE GAP', isTold: false }]
    const { questions } = await play([...rounds, say('It is done.')], { capacity, mail }, [statement])
    expect(
      questions
        .at(-1)!
        .turns.slice(0, 2)
        .map(turn => turn.kind),
    ).toEqual(['prompt', 'operator'])
    expect(JSON.stringify(questions.at(-1)!.turns)).toContain('MIND THE GAP')
  })

  it('gives way where the server says that it is too long, whatever was believed', async () => {
    const answers = [...rounds.slice(0, 6), new Overflow('exceeds the context'), say('It is done.')]
    const { closing, questions } = await play(answers, {}, [statement])
    expect(closing.end).toBe('answered')
    const [before, after] = [questions[6], questions.at(-1)].map(question => JSON.stringify(question?.turns).length)
    expect(after).toBeLessThan(before! * 0.7)
    expect(questions.at(-1)!.turns[0]).toEqual(statement)
  })

  it.each([
    ['grew, and so did its count', 12_000, 6_000, false],
    ['grew, and its count stayed', 12_000, 4_000, true],
    ['grew, and its count fell a little', 20_000, 3_800, true],
    ['grew, and its count fell', 20_000, 1_900, false],
    ['was shortened', 7_000, 4_000, false],
    ['grew by little', 8_500, 4_000, false],
  ])('knows a server that drops what is too long by its counts: the question %s', (_, bytes, tokens, dropping) => {
    expect(isDropping({ bytes: 8_000, tokens: 4_000 }, { bytes, tokens })).toBe(dropping)
    expect(isDropping({ bytes: 8_000, tokens: 10 }, { bytes: 80_000, tokens: 10 })).toBe(false)
  })

  it('is found again as it was left, also after a kill between a call and its result', async () => {
    const session = await openSession(join(dir, 'sessions'), 'killed')
    const answer: Turn = { kind: 'answer', text: '', calls: [{ id: 'c1', name: 'run', input: { command: 'x' } }] }
    for (const turn of [statement, answer]) await session.append(turn)
    const found = await loadSession(join(dir, 'sessions'), 'killed')
    expect(found).toMatchObject([statement, answer, { kind: 'results', results: [{ id: 'c1', ok: false }] }])
    await session.replace([statement])
    expect(await loadSession(join(dir, 'sessions'), 'killed')).toEqual([statement])
    expect(await loadSession(join(dir, 'sessions'), 'none')).toBeNull()
  })
})
