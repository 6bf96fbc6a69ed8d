import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { drawSvg, pictureLines, withExcerpt } from '../../tools/demo-cast.ts'

const read = (path: string): string => readFileSync(new URL(`../../${path}`, import.meta.url), 'utf8')
const output = read('docs/demo.txt')

test('the picture and the excerpt in the README are drawn from the kept output', () => {
  expect(drawSvg(pictureLines(output))).toBe(read('docs/demo.svg'))
  expect(withExcerpt(read('README.md'), output)).toBe(read('README.md'))
})

test('the kept output shows the moments the demo is there for', () => {
  for (const moment of ['FAIL, although the checks pass', 'CONFLICT with what was integrated', '## NOT PROVEN'])
    expect(read('docs/demo.svg')).toContain(moment)
  expect(read('README.md')).toContain('FAIL, although the checks pass')
  expect(output).toContain('**Done: every task is integrated or answered.**')
})
