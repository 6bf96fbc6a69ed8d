/** Published packages of other people, fetched and unpacked when a test asks: none of their code is in this repository. */
import { execFileSync } from 'node:child_process'
import { existsSync, mkdirSync, readdirSync } from 'node:fs'
import { join } from 'node:path'

/** The folder with the package's files, or why there is none. */
export type Fetched = { folder: string } | { missing: string }

const patienceMs = 60_000

const runIn = (cwd: string, file: string, args: string[]): string =>
  execFileSync(file, args, { cwd, encoding: 'utf8', stdio: 'pipe', timeout: patienceMs })

const reasonOf = (error: unknown): string => {
  const { code, stderr } = error as { code?: string; stderr?: string }
  if (code === 'ENOENT') return 'there is no such program here'
  const lines = (stderr ?? '').split('\n').filter(line => /\b(?:error|err|E:)/i.test(line))
  return (lines[0] ?? code ?? String(error)).trim()
}

const tried = (what: string, fetch: () => string): Fetched => {
  try {
    return { folder: fetch() }
  } catch (error) {
    return { missing: `${what} was not fetched: the registry was not reached, or has it not (${reasonOf(error)})` }
  }
}

/** A package of npm's registry, as `name@version`; nothing of it is run. */
export const fetchFromNpm = (dir: string, spec: string): Fetched =>
  tried(`npm's ${spec}`, () => {
    runIn(dir, 'npm', ['pack', '--ignore-scripts', '--fetch-retries=0', spec])
    const archive = readdirSync(dir).find(name => name.endsWith('.tgz'))!
    runIn(dir, 'tar', ['-xzf', archive])
    return join(dir, 'package')
  })

/** With the machine's own lists of packages, or with lists of this test's, which need no rights. */
const download = (dir: string, name: string): void => {
  const once = ['-o', 'Acquire::Retries=0', '-o', 'Acquire::http::Timeout=10']
  try {
    runIn(dir, 'apt-get', [...once, 'download', name])
  } catch {
    mkdirSync(join(dir, 'lists', 'partial'), { recursive: true })
    mkdirSync(join(dir, 'cache', 'archives', 'partial'), { recursive: true })
    const own = [...once, '-o', `Dir::State::lists=${join(dir, 'lists')}`, '-o', `Dir::Cache=${join(dir, 'cache')}`]
    runIn(dir, 'apt-get', [...own, 'update', '-qq'])
    runIn(dir, 'apt-get', [...own, 'download', name])
  }
}

/** The folder `inside` of a package of the Debian release this machine has; `inside` may end in `*`. */
export const fetchFromDebian = (dir: string, name: string, inside: string): Fetched =>
  tried(`Debian's ${name}`, () => {
    download(dir, name)
    const archive = readdirSync(dir).find(file => file.endsWith('.deb'))!
    runIn(dir, 'dpkg-deb', ['-x', archive, 'unpacked'])
    return onlyMatch(join(dir, 'unpacked'), inside)
  })

const onlyMatch = (root: string, inside: string): string => {
  if (!inside.endsWith('*')) return join(root, inside)
  const parent = join(root, inside.slice(0, inside.lastIndexOf('/')))
  const start = inside.slice(inside.lastIndexOf('/') + 1, -1)
  return join(parent, readdirSync(parent).find(name => name.startsWith(start))!)
}

/** The folder of a program that is more than a link to a launcher, to be put on a PATH; null where it is not installed. */
export const rustFolder = (): string | null => {
  try {
    const folder = join(runIn('/', 'rustc', ['--print', 'sysroot']).trim(), 'bin')
    return existsSync(join(folder, 'rustc')) ? folder : null
  } catch {
    return null
  }
}
