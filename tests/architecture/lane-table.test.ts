/** What docs/lanes.md says of the lanes is what the policy says. */
import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { Lane, Provider } from '../../src/domain/lane.ts'
import { lanesPath, rewritten } from './lane-table.ts'

const paper = readFileSync(lanesPath, 'utf8')

test('docs/lanes.md shows what each lane allows as shipped (write it anew with: node tests/architecture/lane-table.ts)', () => {
  expect(rewritten(paper)).toBe(paper)
  for (const lane of Lane.options) expect(paper).toContain(`\`${lane}\``)
})

test('the private column names nobody but the local model, whatever else the table says', () => {
  const [, seen = ''] = /^\| may see the data \| ([^|]*) \|/m.exec(paper) ?? []
  expect(seen).toBe('your local model')
  expect(Provider.options).toContain('local')
})
