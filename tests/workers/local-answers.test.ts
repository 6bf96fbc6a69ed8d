import { describe, expect, it } from 'vitest'
import { type Heard, meaningOf } from '../../src/workers/local/answer.ts'
import { isRepeating, repetitionWatch } from '../../src/workers/local/repetition.ts'

const schema = {
  type: 'object',
  properties: {
    verdict: { type: 'string', enum: ['pass', 'fail'] },
    ran: { type: 'array', items: { type: 'string' } },
  },
  required: ['verdict', 'ran'],
  additionalProperties: false,
}
const heard = (text: string, over: Partial<Heard> = {}): Heard => ({
  text,
  isCut: false,
  schema: null,
  hasCalled: true,
  ...over,
})

describe('an answer without a call', () => {
  it.each<[string, Partial<Heard>]>([
    ['The file is written and committed; the tests pass.', {}],
    ['Done.', { hasCalled: false }],
    ['It can be run so:\n```sh\nnpm test\n```', {}],
    ['All is in place. Let me know if something is missing.', {}],
  ])('ends the work: %s', (text, over) => {
    expect(meaningOf(heard(text, over))).toEqual({ kind: 'done', text })
  })

  it.each<[string, string, Partial<Heard>]>([
    ['empty', ' \n', {}],
    ['talk', 'The file is there.\nNow I will run the tests.', {}],
    ['talk', 'Okay, let me look at the importer first.', { hasCalled: false }],
    ['talk', 'I’ll change this:', {}],
    ['talk', 'Run this:\n```bash\nnpm test\n```\nThat is all.', { hasCalled: false }],
    ['output', 'And then it was', { isCut: true }],
  ])('sends the model on: %s', (reason, text, over) => {
    expect(meaningOf(heard(text, over))).toMatchObject({ kind: 'nudge', reason })
  })

  it('is held against the schema it was asked for', () => {
    const good = { verdict: 'pass', ran: [] }
    expect(meaningOf(heard(JSON.stringify(good), { schema }))).toMatchObject({ kind: 'done', structured: good })
    expect(meaningOf(heard(`Here:\n\`\`\`json\n${JSON.stringify(good)}\n\`\`\``, { schema }))).toMatchObject({
      kind: 'done',
    })
    expect(meaningOf(heard('It looks good.', { schema }))).toMatchObject({
      reason: 'shape',
      note: expect.stringContaining('no JSON'),
    })
    const note = (text: string): string => {
      const meaning = meaningOf(heard(text, { schema }))
      return meaning.kind === 'nudge' ? meaning.note : 'done'
    }
    expect(note('{"verdict":"maybe","ran":[]}')).toMatch(/verdict: /)
    expect(note('{"verdict":"pass"}')).toMatch(/ran: /)
    expect(note('{"verdict":"pass","ran":[],"more":1}')).toMatch(/more/)
  })
})

describe('an answer that repeats itself', () => {
  it('is told from a long one', () => {
    expect(isRepeating('I am sorry, I can not do that. '.repeat(200))).toBe(true)
    expect(isRepeating(Array.from({ length: 400 }, (_, n) => `line ${n}: ${n * 7}`).join('\n'))).toBe(false)
    expect(isRepeating('short '.repeat(20))).toBe(false)
  })

  it('is noticed while it comes', () => {
    const watch = repetitionWatch()
    const pieces = ['A fine beginning. ', ...Array<string>(3_000).fill('again ')]
    const at = pieces.findIndex(piece => watch(piece))
    expect(at).toBeGreaterThan(600)
    expect(at).toBeLessThan(1_200)
  })
})
