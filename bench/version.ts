/** `agentlab --version` beside an empty node. */
import { execFileSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { type Figure, median, rounds, timed } from './figure.ts'

const entry = fileURLToPath(new URL('../bin/agentlab.js', import.meta.url))

export const version = async (): Promise<Figure> => {
  const empty: number[] = []
  const said: number[] = []
  for (let round = 0; round < rounds * 4; round++) {
    empty.push(await timed(() => execFileSync(process.execPath, ['-e', '0'])))
    said.push(await timed(() => execFileSync(process.execPath, [entry, '--version'])))
  }
  return {
    name: '`--version`',
    unit: 'ms',
    measured: median(said),
    baseline: { what: '`node -e 0`', value: median(empty) },
    bound: { ratio: 1.5 },
    stages: [['its own part', median(said) - median(empty)]],
  }
}
