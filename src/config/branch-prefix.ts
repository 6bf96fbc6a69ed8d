/** Whether our branch names are free in a repository, and which prefix makes them free. */

const ourNames = ['agent', 'claude', 'codex', 'gemini', 'local']
const ourTaskBranch = /^task\/[a-z0-9]{8}-[1-9][0-9]?\/(?:claude|codex|gemini|local)$/

export interface PrefixProposal {
  /** Empty, or ending in `/`. */
  prefix: string
  /** Branches in the way of the unprefixed names. */
  taken: string[]
}

/**
 * Branches that stand in the way of `<prefix>agent`, `<prefix>claude`, …, `<prefix>task/…`. A branch blocks a name by
 * being it, by lying below it or by being a folder of it; compared without case, as some file systems do.
 */
export const branchesInTheWay = (branches: readonly string[], prefix: string): string[] => {
  const lowerPrefix = prefix.toLowerCase()
  return branches.filter(branch => {
    const name = branch.toLowerCase()
    if (prefix !== '' && lowerPrefix.startsWith(`${name}/`)) return true
    if (!name.startsWith(lowerPrefix)) return false
    const rest = name.slice(lowerPrefix.length)
    if (rest === 'task' || rest.startsWith('task/')) return !ourTaskBranch.test(rest)
    return ourNames.some(ours => rest === ours || rest.startsWith(`${ours}/`))
  })
}

/** `ours` are branches known to be ours although a name of ours stands for them (`agent` at the tip of main). */
export const proposePrefix = (branches: readonly string[], ours: readonly string[] = []): PrefixProposal => {
  const foreign = branches.filter(branch => !ours.includes(branch))
  const taken = branchesInTheWay(foreign, '')
  if (taken.length === 0) return { prefix: '', taken }
  let prefix = 'agentlab/'
  for (let n = 2; branchesInTheWay(foreign, prefix).length > 0; n++) prefix = `agentlab${n}/`
  return { prefix, taken }
}
