/** Prices and sums: known to the cent, or said not to be known. */
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { loadPrices } from '../../src/config/prices.ts'
import { costReport } from '../../src/domain/cost-report.ts'
import { moneyOf, moneySentence, moneyText, type PriceList, priceOf } from '../../src/domain/prices.ts'
import { makeScratch, removeScratch } from '../support/git-repository.ts'

const scratch = makeScratch('money')
afterAll(() => removeScratch(scratch))

const list: PriceList = {
  prices: [
    { model: 'plain', input: 2, cached: 0.2, output: 10 },
    { model: 'writes', input: 4, cached: 0.4, cacheWrite: 8, output: 20 },
    {
      model: 'long',
      input: 1,
      cached: 0.1,
      output: 5,
      above: { inputTokens: 200_000, input: 2, cached: 0.2, output: 10 },
    },
  ],
}
const asked = { model: 'plain', status: 200, input: 1_000_000, cached: 500_000, output: 100_000 }

describe('money', () => {
  test('is exact where the counts tell all, and a range where cache writes are not told apart', () => {
    expect(moneyText(moneyOf(list, [asked]))).toBe('$2.10')
    expect(moneyText(moneyOf(list, [{ ...asked, model: 'writes' }]))).toBe('$4.20 to $6.20')
    expect(moneyText(moneyOf(list, [{ ...asked, cached: null }]))).toBe('$1.20 to $3.00')
  })

  test('takes the dearer rate for all of a request past the bound, and for no other', () => {
    const short = { ...asked, model: 'long', input: 200_000, cached: 0, output: 0 }
    expect(moneyOf(list, [short]).low).toBeCloseTo(0.2)
    expect(moneyOf(list, [{ ...short, input: 200_001 }]).low).toBeCloseTo(0.400002)
  })

  test('is not measured, never 0, for an unknown model or unmeasured usage', () => {
    expect(moneyText(moneyOf(list, [{ ...asked, model: 'unheard-of' }]))).toBe('not measured')
    expect(moneyText(moneyOf(list, [{ ...asked, output: null }]))).toBe('not measured')
    expect(moneyText(moneyOf(list, [asked, { ...asked, model: null }]))).toBe('at least $2.10')
    expect(moneySentence(moneyOf(list, [{ ...asked, model: 'unheard-of' }]), false)).toBe(
      'Money: not measured; no price is known for unheard-of.',
    )
    expect(moneySentence(moneyOf(list, [asked]), true)).toBe('Money: none, a rehearsal reaches no provider.')
  })

  test('of a request that failed without usage is nothing, and known', () => {
    expect(moneyText(moneyOf(list, [asked, { ...asked, status: 529, input: null, output: null }]))).toBe('$2.10')
  })
})

describe('prices', () => {
  test('that ship all say their source and day, and no model twice', async () => {
    const { prices } = await loadPrices({ HOME: scratch })
    expect(prices.length).toBeGreaterThan(0)
    for (const price of prices) {
      expect(price.source, price.model).toMatch(/^https:\/\//)
      expect(price.date, price.model).toMatch(/^2026-\d\d-\d\d$/)
      expect(price.cached).toBeLessThan(price.input)
    }
    expect(new Set(prices.map(price => price.model)).size).toBe(prices.length)
  })

  test('know a model by its snapshot, not by a name that merely begins like it', () => {
    expect(priceOf(list, 'plain-20260101')?.model).toBe('plain')
    expect(priceOf(list, 'plain-2026-01-01')?.model).toBe('plain')
    expect(priceOf(list, 'plainer')).toBeNull()
    expect(priceOf(list, 'plain-mini')).toBeNull()
  })

  test('of the operator go before ours; a mistake in them names file, line and key', async () => {
    const dir = join(scratch, 'config', 'agentlab')
    mkdirSync(dir, { recursive: true })
    const env = { HOME: scratch, XDG_CONFIG_HOME: join(scratch, 'config') }
    const file = join(dir, 'prices.yaml')
    writeFileSync(file, 'prices:\n  - { model: claude-opus-5-5, input: 1, cached: 0.1, output: 2 }\n')
    expect(priceOf(await loadPrices(env), 'claude-opus-5-5')).toMatchObject({ input: 1, output: 2 })
    writeFileSync(file, 'prices:\n  - { model: x, input: -1, cached: 0, output: 1 }\n')
    await expect(loadPrices(env)).rejects.toMatchObject({
      code: 'invalid-file',
      message: expect.stringContaining(`${file}:2`),
    })
  })
})

test('a report adds up the same in every grouping', () => {
  const at = new Date(2026, 0, 2, 12).getTime()
  const row = { ...asked, runId: 'r1', worker: 'claude', lane: 'personal', startedAt: at, endedAt: at + 1_000 }
  const requests = [
    row,
    { ...row, worker: 'codex', model: 'nobody' },
    { ...row, runId: 'r2', startedAt: at + 86_400_000, input: null },
  ]
  const names = (by: 'worker' | 'lane' | 'run' | 'day'): string[] =>
    costReport(requests, by, list).lines.map(line => line.name)
  expect(names('worker')).toEqual(['claude', 'codex'])
  expect(names('lane')).toEqual(['personal'])
  expect(names('run')).toEqual(['r1', 'r2'])
  expect(names('day')).toEqual(['2026-01-02', '2026-01-03'])
  const { total, lines } = costReport(requests, 'worker', list)
  expect(total).toMatchObject({
    requests: 3,
    input: 2_000_000,
    unmeasured: 1,
    money: { unknown: 2, unpriced: ['nobody'] },
  })
  expect(lines.find(line => line.name === 'codex')!.money.low).toBe(0)
})
