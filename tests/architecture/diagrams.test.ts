/** The pictures of the papers are the machines that run. */
import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { diagrams, paperPath, redrawn } from './diagrams.ts'

const paper = readFileSync(paperPath, 'utf8')

test('ARCHITECTURE.md shows both machines as they are (redraw with: node tests/architecture/diagrams.ts)', () => {
  expect(paper).toContain(diagrams.run)
  expect(paper).toContain(diagrams.task)
  expect(redrawn(paper)).toBe(paper)
})

test('an arrow stands for an event that moves the machine', () => {
  expect(diagrams.task).toContain('verifying --> queued: verdict.given')
  expect(diagrams.run).toContain('planning --> working: plan.ready')
})
