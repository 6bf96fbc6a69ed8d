/** Real repositories in scratch folders for tests: made by the real git, removed afterwards. */
import { execFileSync } from 'node:child_process'
import { chmodSync, mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const scratchRoot = fileURLToPath(new URL('../../.scratch/', import.meta.url))

/** A fresh absolute folder outside the temp dir. */
export const makeScratch = (name: string): string => {
  mkdirSync(scratchRoot, { recursive: true })
  return realpathSync(mkdtempSync(join(scratchRoot, `${name}-`)))
}

export const removeScratch = (directory: string): void => rmSync(directory, { recursive: true, force: true })

const environment = (home: string): Record<string, string> => ({
  PATH: process.env.PATH ?? '/usr/bin:/bin',
  HOME: home,
  GIT_CONFIG_NOSYSTEM: '1',
  LC_ALL: 'C',
  GIT_AUTHOR_DATE: '2024-05-01T12:00:00Z',
  GIT_COMMITTER_DATE: '2024-05-01T12:00:00Z',
})

/** The operator's own git, as a person would type it: prints standard output, throws on failure. */
export const shellGit = (
  directory: string,
  args: string[],
  options: { input?: string | Buffer; env?: Record<string, string> } = {},
): string =>
  execFileSync('git', args, {
    cwd: directory,
    env: { ...environment(dirname(directory)), ...options.env },
    input: options.input ?? '',
    stdio: ['pipe', 'pipe', 'pipe'],
    maxBuffer: 256 * 1024 * 1024,
  })
    .toString('utf8')
    .replace(/\n$/, '')

/** Files by path: text, `{ link }` or `{ executable }`. Null deletes. */
export type Files = Record<string, string | null | { link: string } | { executable: string }>

export const writeFiles = (directory: string, files: Files): void => {
  for (const [path, content] of Object.entries(files)) {
    const target = join(directory, path)
    rmSync(target, { force: true })
    if (content === null) continue
    mkdirSync(dirname(target), { recursive: true })
    if (typeof content === 'string') writeFileSync(target, content)
    else if ('link' in content) symlinkSync(content.link, target)
    else {
      writeFileSync(target, content.executable)
      chmodSync(target, 0o755)
    }
  }
}

/** Writes files, commits everything and gives the commit. */
export const commitFiles = (directory: string, files: Files, message = 'A change'): string => {
  writeFiles(directory, files)
  shellGit(directory, ['add', '-A', '-f'])
  shellGit(directory, ['commit', '-q', '--allow-empty', '-m', message])
  return shellGit(directory, ['rev-parse', 'HEAD'])
}

/** A repository on branch `main` with an operator's identity and one commit. */
export const makeRepository = (
  parent: string,
  files: Files = { 'README.md': 'Hello\n' },
  init: string[] = [],
): string => {
  const directory = join(parent, 'operator')
  mkdirSync(directory)
  shellGit(directory, ['init', '-q', '-b', 'main', ...init])
  shellGit(directory, ['config', 'user.name', 'Operator'])
  shellGit(directory, ['config', 'user.email', 'operator@example.com'])
  commitFiles(directory, files, 'First commit')
  return directory
}
