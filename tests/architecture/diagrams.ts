/** Draws both machines as the diagrams of ARCHITECTURE.md; run by itself it puts them there. */
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { runMachine } from '../../src/supervisor/run-machine.ts'
import { taskMachine } from '../../src/supervisor/task-machine.ts'
import { root } from './sources.ts'

/** The same from every stage, so said in a sentence below the picture instead of drawn. */
const everywhere = ['operator.cancelled', 'limit.reached', 'effect.failed']

type Branch = string | { target?: string } | (string | { target?: string })[]

const targetsOf = (branch: Branch): (string | undefined)[] =>
  (Array.isArray(branch) ? branch : [branch]).map(one => (typeof one === 'string' ? one : one.target))

interface State {
  on?: Record<string, Branch>
  type?: string
}

/** One machine as mermaid text: an arrow per pair of states, labelled with the events that lead along it. */
export const diagramOf = (machine: { config: unknown }): string => {
  const { initial, states } = machine.config as { initial: string; states: Record<string, State> }
  const lines = [`  [*] --> ${initial}`]
  for (const [from, state] of Object.entries(states)) {
    const labels = new Map<string, string[]>()
    for (const [event, branch] of Object.entries(state.on ?? {})) {
      if (everywhere.includes(event)) continue
      for (const target of new Set(targetsOf(branch))) {
        if (target !== undefined) labels.set(target, [...(labels.get(target) ?? []), event])
      }
    }
    for (const [to, events] of labels) lines.push(`  ${from} --> ${to}: ${events.join(', ')}`)
    if (state.type === 'final') lines.push(`  ${from} --> [*]`)
  }
  return ['```mermaid', 'stateDiagram-v2', ...lines, '```'].join('\n')
}

export const diagrams = { run: diagramOf(runMachine), task: diagramOf(taskMachine) }

export const paperPath = join(root, 'ARCHITECTURE.md')

/** The paper with its diagrams drawn anew. */
export const redrawn = (paper: string): string =>
  Object.entries(diagrams).reduce(
    (text, [name, drawn]) =>
      text.replace(
        new RegExp(`(<!-- the ${name} machine -->\n)[\\s\\S]*?(<!-- end -->)`),
        (_, open: string, close: string) => `${open}${drawn}\n${close}`,
      ),
    paper,
  )

if (process.argv[1] === import.meta.filename) {
  writeFileSync(paperPath, redrawn(readFileSync(paperPath, 'utf8')))
}
