/** What is too long for the operator's own models is refused before anything is spent, and only where that is sure. */
import { expect, test } from 'vitest'
import { refuseTooLong } from '../../src/app/fits-context.ts'
import { parseConfig } from '../../src/config/load.ts'
import type { WorkerName } from '../../src/domain/lane.ts'

const configOf = (contexts: (number | null)[]) => {
  const servers = contexts.map(
    (context, n) =>
      `  - { name: s${n}, url: "http://127.0.0.1:${n + 1}", models: [m]${context === null ? '' : `, context: ${context}`} }`,
  )
  const text = `local:\n${servers.join('\n')}\n`
  return parseConfig({
    repository: { path: '', text: '', exists: false },
    operator: { path: 'config.yaml', text, exists: true },
  }).effective
}
const goal = 'x'.repeat(40_000)

test.each<[string, (number | null)[], WorkerName[], string | null, boolean]>([
  ['too long for the one there is', [8_192], ['local'], null, true],
  ['too long for all', [8_192, 4_096], ['local'], null, true],
  ['not too long for one', [8_192, 65_536], ['local'], null, false],
  ['of one nobody knows: it does not answer', [8_192, null], ['local'], null, false],
  ['others are there', [8_192], ['local', 'codex'], null, false],
  ['the plan says it in short tasks', [8_192], ['local'], 'tasks: [{ key: q, title: T, what: Short. }]', false],
])('%s', async (_, contexts, workers, planText, isRefused) => {
  const asked = refuseTooLong(configOf(contexts), {}, { goal, planText, lane: 'private', workers })
  if (!isRefused) return expect(await asked).toBeUndefined()
  await expect(asked).rejects.toMatchObject({
    code: 'context-too-small',
    exit: 2,
    message: expect.stringMatching(
      /takes about 1\d,\d\d\d tokens .* m holds less: s0 \(context 8,192, 6,144 beside an answer\)/,
    ),
  })
})
