/** A folder of the operator's own tools (`tools:`), opened in every box of theirs, without the logins in it. */
import { realpath } from 'node:fs/promises'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { loginsBelow } from '../process/login-files.ts'
import { mayOpen } from '../process/tool-layouts.ts'

export interface ToolFolder {
  path: string
  /** Why it is not opened, or null. */
  refused: string | null
  /** Files with logins that were found in it and stay shut. */
  logins: string[]
}

/** `named` is absolute or begins with `~/`. */
export const toolFolder = async (named: string, home: string): Promise<ToolFolder> => {
  const path = named.startsWith('~/') ? join(home, named.slice(2)) : named
  const real = await realpath(path).catch(() => null)
  if (real === null) return { path, refused: 'it does not exist', logins: [] }
  const refused = [path, real].every(each => mayOpen(each, home))
    ? null
    : 'it is HOME or holds it, belongs to the whole machine, or is a place of logins'
  return { path, refused, logins: refused === null ? await loginsBelow(real) : [] }
}

/** Of the folders that are named, those which no box shows. */
export const shutToolFolders = async (named: readonly string[], env: NodeJS.ProcessEnv): Promise<ToolFolder[]> => {
  const folders = await Promise.all(named.map(path => toolFolder(path, env.HOME ?? homedir())))
  return folders.filter(folder => folder.refused !== null)
}
