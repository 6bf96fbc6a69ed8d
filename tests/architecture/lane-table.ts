/** Writes what each lane allows as the table of docs/lanes.md; run by itself it puts it there. */
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseConfig } from '../../src/config/load.ts'
import { type Lane, Provider } from '../../src/domain/lane.ts'
import { answererOf } from '../../src/lanes/answerer.ts'
import { type LanePolicy, policyOf, workerRefusal } from '../../src/lanes/policy.ts'
import { root } from './sources.ts'

const none = { path: '', text: '', exists: false }
const shipped = parseConfig({ repository: none, operator: none }).effective

const named: Record<Provider, string> = {
  anthropic: 'Anthropic',
  openai: 'OpenAI',
  google: 'Google',
  local: 'your local model',
}

const list = (words: readonly string[]): string => (words.length === 0 ? 'nobody' : words.join(', '))

const rows: [string, (policy: LanePolicy) => string][] = [
  [
    'may see the data',
    ({ providers }) => list(Provider.options.filter(one => providers.includes(one)).map(one => named[one])),
  ],
  [
    'may work with a real model',
    policy =>
      list(
        policy.workers.filter(
          worker =>
            workerRefusal(policy, { worker, answerer: answererOf(worker, policy.lane, shipped), rehearsed: false }) ===
            null,
        ),
      ),
  ],
  ['registries for a set-up', ({ registries }) => (registries.length === 0 ? 'none' : list(registries))],
  ['`--unboxed`', ({ unboxed }) => (unboxed ? 'yes' : 'no')],
  [
    'words are kept',
    ({ retentionDays: days }) => (days === null ? 'until you erase them' : `${days} days after their run`),
  ],
  ["in the supervisor's log", ({ logged }) => logged],
]

const table = (): string => {
  const policies = (['private', 'enterprise', 'personal'] satisfies Lane[]).map(lane => policyOf(lane, shipped))
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`
  return [
    line(['', ...policies.map(({ lane }) => `\`${lane}\``)]),
    line(['---', ...policies.map(() => '---')]).replaceAll(' ', ''),
    ...rows.map(([what, tell]) => line([what, ...policies.map(tell)])),
  ].join('\n')
}

export const lanesPath = join(root, 'docs/lanes.md')

/** The paper with its table written anew. */
export const rewritten = (paper: string): string =>
  paper.replace(
    /(<!-- lanes -->\n)[\s\S]*?(<!-- end -->)/,
    (_, open: string, close: string) => `${open}${table()}\n${close}`,
  )

if (process.argv[1] === import.meta.filename) writeFileSync(lanesPath, rewritten(readFileSync(lanesPath, 'utf8')))
