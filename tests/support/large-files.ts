/** Files stored with Git LFS, made by hand: git-lfs is on no machine these tests may rely on. */
import { createHash } from 'node:crypto'
import { mkdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { commitFiles, type Files, writeFiles } from './git-repository.ts'

const contentIdOf = (content: string): string => createHash('sha256').update(content).digest('hex')

export const pointerTo = (content: string): string =>
  `version https://git-lfs.github.com/spec/v1\noid sha256:${contentIdOf(content)}\nsize ${Buffer.byteLength(content)}\n`

export const contentPathIn = (store: string, content: string): string => {
  const id = contentIdOf(content)
  return join(store, 'objects', id.slice(0, 2), id.slice(2, 4), id)
}

/** Puts a content where git-lfs would keep it. */
export const keepContent = (store: string, content: string): void => {
  const path = contentPathIn(store, content)
  mkdirSync(dirname(path), { recursive: true })
  writeFileSync(path, content, { mode: 0o444 })
}

/** Commits `*.bin` as files of LFS, and leaves the checkout as git-lfs would: with their contents in the work tree. */
export const commitLargeFiles = (root: string, contents: Record<string, string>, more: Files = {}): void => {
  const pointers = Object.fromEntries(Object.entries(contents).map(([path, content]) => [path, pointerTo(content)]))
  commitFiles(root, { '.gitattributes': '*.bin filter=lfs diff=lfs merge=lfs -text\n', ...pointers, ...more })
  for (const content of Object.values(contents)) keepContent(join(root, '.git', 'lfs'), content)
  writeFiles(root, contents)
}
