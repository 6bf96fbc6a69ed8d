/** The screen of runs as text. */
import { describe, expect, test } from 'vitest'
import { textWidth } from '../../src/domain/text-width.ts'
import { renderRunsScreen } from '../../src/tui/runs-screen.ts'
import { runView, startedAt, taskView } from '../cli/views.ts'

const now = startedAt + 125_000
const repository = '/home/operator/project'

const text = (lines: { text: string }[]): string => lines.map(line => line.text.trimEnd()).join('\n')

describe('the screen', () => {
  test('shows runs, and the tasks of the chosen one', () => {
    const runs = [
      runView(),
      runView({ runId: 'b1b1b1b1', state: 'done', outcome: 'done', endedAt: now, goal: 'An older goal' }),
    ]
    expect(text(renderRunsScreen({ repository, runs, selected: 0, now }, 110, 14))).toMatchInlineSnapshot(`
      " AgentLab · /home/operator/project
       k3m9q2x7 working          1/3   2m 05s   14.4k tok [rehearsed] Make it talk
       b1b1b1b1 done             1/3   2m 05s   14.4k tok [rehearsed] An older goal

       k3m9q2x7 · lane personal · 7 requests, 14.4k tokens
        1 ✓ integrated    claude 1m 30s  14.4k tok +12 −3      pass (codex)       Add a --verbose flag
        2 ▸ working       gemini 2m 00s  ? tok                                    日本語の説明を書く 🚀
        3 · pending       codex                                                   Wait for the others





       ↑↓ choose a run   q leave (runs go on)"
    `)
  })

  test('says why a run waits and what to type', () => {
    const runs = [runView({ state: 'awaitingOperator', waitReason: 'limitReached', tasks: [] })]
    expect(text(renderRunsScreen({ repository, runs, selected: 0, now }, 80, 9))).toMatchInlineSnapshot(`
      " AgentLab · /home/operator/project
       k3m9q2x7 waits for you    0/0   2m 05s   14.4k tok [rehearsed] Make it talk

       k3m9q2x7 · lane personal · 7 requests, 14.4k tokens
       waits for you: a limit of the run was reached
         Grant the same limits once more: agentlab resume k3m9q2x7


       ↑↓ choose a run   q leave (runs go on)"
    `)
  })

  test('says the next step when there are no runs', () => {
    expect(text(renderRunsScreen({ repository, runs: [], selected: 0, now }, 80, 5))).toContain(
      'Start one with: agentlab task',
    )
  })

  test.each([
    [20, 4],
    [80, 24],
    [200, 50],
    [40, 2],
  ])('fills %i by %i exactly, whatever it shows', (width, height) => {
    const runs = Array.from({ length: 40 }, (_, index) =>
      runView({
        runId: `run0000${index % 10}`,
        goal: '日本語🚀'.repeat(20),
        tasks: [taskView(1, { title: '🚀'.repeat(50) })],
      }),
    )
    const lines = renderRunsScreen({ repository, runs, selected: 37, now }, width, height)
    expect(lines).toHaveLength(height)
    for (const line of lines) expect(textWidth(line.text)).toBe(width)
    if (height > 4) expect(lines.filter(line => line.style === 'selected')).toHaveLength(1)
  })
})
