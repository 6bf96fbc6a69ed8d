/** Which paths of a repository configure an agent, an editor or an environment: kept out of workspaces, refused in work. */

/** Directories (or files, or links of that name) that agents, editors and their extensions read and partly execute. */
const configNames = new Set([
  '.claude',
  '.gemini',
  '.codex',
  '.cursor',
  '.vscode',
  '.idea',
  '.zed',
  '.fleet',
  '.windsurf',
  '.continue',
  '.roo',
  '.kiro',
  '.opencode',
  '.aider.conf.yml',
  '.clinerules',
  '.cursorrules',
  '.windsurfrules',
  '.roomodes',
  '.mcp.json',
  '.env',
  '.envrc',
])

/** `.env.local` and the like hold values; these variants are documentation. */
const documentedEnv = /^\.env\.(?:example|sample|template|dist|defaults)$/

const instructionNames = new Set(['claude.md', 'claude.local.md', 'agents.md', 'agents.override.md', 'gemini.md'])

/** Characters HFS+ ignores in names: `.cl‌aude` with one of them is the same file there. */
const ignoredOnHfs = /[\u200c-\u200f\u202a-\u202e\u2060-\u2064\u206a-\u206f\ufeff]/g

/** A name as a careless file system would see it: case, ignored characters, trailing dots and spaces folded away. */
export const foldName = (name: string): string => {
  // Asked of every file of a tree: the long way is for the few names that need it.
  const composed = isAscii.test(name) ? name : name.replace(ignoredOnHfs, '').normalize('NFC')
  const folded = composed.toLowerCase()
  return /[. ]$/.test(folded) ? folded.replace(/[. ]+$/, '') : folded
}

const isAscii = /^[\x00-\x7f]*$/

const isConfigName = (name: string): boolean =>
  configNames.has(name) || (name.startsWith('.env.') && !documentedEnv.test(name))

/** A path of agent, editor or environment config, at any depth. */
export const isAgentConfigPath = (path: string): boolean => path.split('/').map(foldName).some(isConfigName)

/** A path of an agent instruction file (CLAUDE.md, AGENTS.md, GEMINI.md …), at any depth. */
export const isInstructionPath = (path: string): boolean => instructionNames.has(foldName(path.split('/').at(-1) ?? ''))

/** What a workspace of an agent leaves out: both of the above. AgentLab reads the instructions itself. */
export const isLeftOut = (path: string): boolean => isAgentConfigPath(path) || isInstructionPath(path)
