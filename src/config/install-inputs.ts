/** What an install reads of a repository beside manifest and lock file: all that it may see once it has a network. */
import { parse } from 'yaml'
import { z } from 'zod'

/** Files and folders that npm, pnpm, yarn and bun read at the top, where they are. */
const readByNode = [
  '.npmrc',
  '.yarnrc',
  '.yarnrc.yml',
  '.yarn/patches',
  '.yarn/plugins',
  '.yarn/releases',
  '.pnpmfile.cjs',
  'pnpm-workspace.yaml',
  'bunfig.toml',
  'patches',
] as const

const Patterns = z.array(z.string())
const PackageFile = z.object({ workspaces: z.union([Patterns, z.object({ packages: Patterns })]).optional() })
const PnpmFile = z.object({ packages: Patterns.optional() })

/** The texts of `package.json` and `pnpm-workspace.yaml`; null where there is none. */
export interface NodeFiles {
  packageText: string | null
  pnpmText: string | null
}

/** Inputs beside `package.json` and the lock file. `has` says whether a path is there. */
export const nodeInputs = async (files: NodeFiles, has: (path: string) => Promise<boolean>): Promise<string[]> => {
  const there = await Promise.all(readByNode.map(has))
  return [...readByNode.filter((_, index) => there[index]), ...workspacesOf(files).map(path => `${path}/package.json`)]
}

const workspacesOf = ({ packageText, pnpmText }: NodeFiles): string[] => {
  const own = readAs(PackageFile, packageText)?.workspaces ?? []
  const patterns = [...(Array.isArray(own) ? own : own.packages), ...(readAs(PnpmFile, pnpmText)?.packages ?? [])]
  const plain = patterns.map(pattern => pattern.replace(/^\.\//, '').replace(/\/+$/, ''))
  return [...new Set(plain)].filter(pattern => /^[^!/.][^{}[\]]*$/.test(pattern) && !pattern.split('/').includes('..'))
}

// JSON is YAML as well.
const readAs = <T>(schema: z.ZodType<T>, text: string | null): T | null => {
  try {
    return text === null ? null : schema.parse(parse(text))
  } catch {
    return null
  }
}
