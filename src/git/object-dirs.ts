/** Where a repository's objects lie: its own store and all it borrows from, which a box must be able to read. */
import { readFile } from 'node:fs/promises'
import { isAbsolute, join, resolve } from 'node:path'

/** As deep as git itself follows alternates. */
const maxDepth = 5

const unquote = (line: string): string => {
  if (!line.startsWith('"')) return line
  try {
    // git quotes like C; what differs from JSON (octal escapes) is left as it is and then simply does not exist.
    return String(JSON.parse(line))
  } catch {
    return line
  }
}

const alternatesOf = async (objectDir: string): Promise<string[]> => {
  const text = await readFile(join(objectDir, 'info', 'alternates'), 'utf8').catch(() => '')
  return text
    .split('\n')
    .filter(line => line !== '' && !line.startsWith('#'))
    .map(unquote)
    .map(path => (isAbsolute(path) ? resolve(path) : resolve(objectDir, path)))
}

/** The store first, then every alternate, absolute, without repetition. */
export const objectDirsOf = async (store: string): Promise<string[]> => {
  const found = [store]
  let level = [store]
  for (let depth = 0; depth < maxDepth && level.length > 0; depth += 1) {
    const next = (await Promise.all(level.map(alternatesOf))).flat().filter(path => !found.includes(path))
    level = [...new Set(next)]
    found.push(...level)
  }
  return found
}

/** One line of an alternates file; quoted where git would otherwise misread it. */
export const alternatesLine = (objectDir: string): string =>
  /["\\\n]/.test(objectDir) ? JSON.stringify(objectDir) : objectDir
