/** Which worktrees the operator's repository has, and what each has checked out. */
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { type GitPlace, git, gitFailure, records } from './exec.ts'

export interface WorktreeEntry {
  path: string
  head: string | null
  /** Full ref, or null when detached. */
  ref: string | null
  isBare: boolean
  isLocked: boolean
  /** Its directory is gone. */
  isPrunable: boolean
}

const parseEntry = (lines: string[]): WorktreeEntry => {
  const value = (key: string): string | null =>
    lines.find(line => line.startsWith(`${key} `))?.slice(key.length + 1) ?? null
  const has = (key: string): boolean => lines.some(line => line === key || line.startsWith(`${key} `))
  return {
    path: value('worktree') ?? '',
    head: value('HEAD'),
    ref: value('branch'),
    isBare: has('bare'),
    isLocked: has('locked'),
    isPrunable: has('prunable'),
  }
}

/** Attempts at reading the list while another process is adding a worktree. */
const attempts = 40

/**
 * The main worktree first. A worktree being added at this moment makes git fail on its unfinished `commondir`
 * (git 2.39); that is waited out, at most two seconds.
 */
export const listWorktrees = async (place: GitPlace): Promise<WorktreeEntry[]> => {
  const args = ['worktree', 'list', '--porcelain', '-z']
  for (let attempt = 1; ; attempt += 1) {
    const result = await git(place, args)
    if (result.exitCode === 0) {
      const groups: string[][] = [[]]
      for (const line of records(result.stdout)) {
        if (line === '') groups.push([])
        else groups.at(-1)!.push(line)
      }
      return groups.filter(lines => lines.length > 0).map(parseEntry)
    }
    if (attempt === attempts || !/commondir|gitdir/.test(result.stderr)) throw gitFailure(place, args, result)
    await sleep(50)
  }
}

/** What git keeps of where each worktree stands. With the reftable format it lies elsewhere: then nothing is known. */
const headsOf = async (commonDir: string): Promise<string[] | null> => {
  const names = await readdir(commonDir)
  if (names.includes('reftable')) return null
  const linked = names.includes('worktrees') ? await readdir(join(commonDir, 'worktrees')) : []
  const files = [join(commonDir, 'HEAD'), ...linked.map(name => join(commonDir, 'worktrees', name, 'HEAD'))]
  return Promise.all(files.map(file => readFile(file, 'utf8').catch(() => '')))
}

/**
 * The worktrees, with their directory still there, that stand on a ref. Git is only asked for its list when one of the
 * HEAD files names the ref: most often none does, and a process costs more than everything else an integration needs.
 */
export const worktreesOn = async (place: GitPlace & { commonDir: string }, ref: string): Promise<WorktreeEntry[]> => {
  const heads = await headsOf(place.commonDir)
  if (heads?.every(head => head.trim() !== `ref: ${ref}`)) return []
  return (await listWorktrees(place)).filter(entry => entry.ref === ref && !entry.isPrunable && !entry.isBare)
}
