/** The source files and what they import, read as text: enough for a code base that has one way to write an import. */
import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'

export const root = fileURLToPath(new URL('../..', import.meta.url))

export interface SourceFile {
  /** Repository-relative. */
  path: string
  text: string
  lines: number
  /** Repository-relative paths of our own files. */
  own: string[]
  /** Names of packages, `node:` modules aside. */
  packages: string[]
  /** Node's own modules, without `node:`. */
  builtin: string[]
}

const importOf =
  /^\s*(?:import|export)\b[^'"`;]*?\bfrom\s+'([^']+)'|^\s*import\s+'([^']+)'|\bimport\(\s*'([^']+)'\s*\)/gm

/** `@scope/name/deep` is the package `@scope/name`. */
const packageOf = (specifier: string): string =>
  specifier
    .split('/')
    .slice(0, specifier.startsWith('@') ? 2 : 1)
    .join('/')

const read = (path: string): SourceFile => {
  const text = readFileSync(join(root, path), 'utf8')
  const specifiers = [...text.matchAll(importOf)].map(found => found[1] ?? found[2] ?? found[3]!)
  const relatives = specifiers.filter(one => one.startsWith('.'))
  return {
    path,
    text,
    lines: text.split('\n').length - 1,
    own: relatives.map(one => relative(root, join(root, dirname(path), one))),
    packages: specifiers.filter(one => !one.startsWith('.') && !one.startsWith('node:')).map(packageOf),
    builtin: specifiers.filter(one => one.startsWith('node:')).map(one => one.slice('node:'.length)),
  }
}

/** Data that only looks like our code: the demo's sample repository and what tests feed to programs. */
const isData = (path: string): boolean =>
  path.startsWith('src/demo/sample/') || path.startsWith('tests/fixtures/captures/')

/** All TypeScript and JavaScript files below a folder, sorted. */
export const sourcesIn = (folder: string): SourceFile[] =>
  readdirSync(join(root, folder), { recursive: true, withFileTypes: true })
    .filter(entry => entry.isFile() && /\.(?:ts|js|mjs)$/.test(entry.name))
    .map(entry => relative(root, join(entry.parentPath, entry.name)))
    .filter(path => !isData(path))
    .sort()
    .map(read)

/** `src/git/refs.ts` lies in room `git`; `src/app.ts` and `src/app/**` are room `app`; `tools/x.ts` is room `tools`. */
export const roomOf = (path: string): string => {
  const [top, next] = path.split('/')
  return top === 'src' ? next!.replace(/\.ts$/, '') : top!
}
