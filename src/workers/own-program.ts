/** Where AgentLab's own agent lies: beside this code, from the sources and in the built program alike. */
import { readFile, realpath } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { z } from 'zod'
import { assetPath } from '../config/assets.ts'
import type { Installation } from './worker.ts'

const Manifest = z.object({ version: z.string() })

/** It waits for a model nearly all of the time, so what makes code fast at the price of memory is left out. */
export const sparingFlags: readonly string[] = [
  ...['--max-semi-space-size=1', '--single-threaded-gc', '--max-lazy'],
  ...['--no-opt', '--no-maglev', '--no-sparkplug', '--liftoff-only'],
]

export const ownProgram = async (nodePath: string): Promise<Installation> => {
  const isSource = import.meta.filename.endsWith('.ts')
  // The bundler leaves this code one folder below the top of what it made, and the program has a file of its own.
  const file = join(import.meta.dirname, isSource ? 'local/main.ts' : '../workers/local.mjs')
  const needed = isSource ? ['src', 'node_modules', 'package.json'].map(assetPath) : [dirname(file)]
  const { version } = Manifest.parse(JSON.parse(await readFile(assetPath('package.json'), 'utf8')))
  return {
    file: nodePath,
    prefixArgs: [...sparingFlags, file],
    version,
    prefixes: [...needed, dirname(await realpath(nodePath))],
  }
}
