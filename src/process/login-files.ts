/** Files with logins that lie among tools, known by their names. A tool is opened without them. */
import { readdir } from 'node:fs/promises'
import { join } from 'node:path'

const files = [
  '.npmrc',
  'npmrc',
  '.yarnrc',
  '.yarnrc.yml',
  '.pypirc',
  '.netrc',
  '.git-credentials',
  '.env',
  'credentials',
  'credentials.json',
  'credentials.toml',
  'id_ed25519',
  'id_rsa',
]

const folders = ['.ssh', '.gnupg', '.aws', '.azure', '.kube', '.docker']

/** Where they would be in the prefix of a tool: at its top and in its settings. */
export const loginPlaces = (prefix: string): string[] => [
  ...[...files, ...folders].map(name => join(prefix, name)),
  ...['npmrc', 'gitconfig'].map(name => join(prefix, 'etc', name)),
]

/** Those that are there, at the top of a folder and down to two folders below it. Links are not followed. */
export const loginsBelow = async (dir: string, depth = 2): Promise<string[]> => {
  const entries = await readdir(dir, { withFileTypes: true }).catch(() => [])
  const found = entries.map(async entry => {
    const path = join(dir, entry.name)
    if (entry.isDirectory() ? folders.includes(entry.name) : files.includes(entry.name)) return [path]
    return entry.isDirectory() && depth > 0 ? loginsBelow(path, depth - 1) : []
  })
  return (await Promise.all(found)).flat()
}
