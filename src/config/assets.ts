/** Finds files that ship with the program (profiles, prompts, samples), from the sources and from the built program alike. */
import { existsSync } from 'node:fs'
import { dirname, join } from 'node:path'

const packageRoot = (() => {
  let dir = import.meta.dirname
  while (!existsSync(join(dir, 'package.json')) && dirname(dir) !== dir) dir = dirname(dir)
  return dir
})()

/** Absolute path of a file below the package root: `assetPath('profiles/prompts/worker.md')`. */
export const assetPath = (name: string): string => join(packageRoot, name)
