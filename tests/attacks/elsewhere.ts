/**
 * Attacks that need more than a script in a box, and the tests that try them: a real agent CLI on a hostile repository, a
 * delivery that was made by hand, a launcher that is killed. They belong to the suite; each is named once, here.
 */

export interface Elsewhere {
  name: string
  family: 'agent surface' | 'git' | 'time' | 'tools'
  /** Of the repository's top. */
  file: string
  /** As it stands in that file. */
  title: string
}

const byCanaries = 'tests/workers/contract/canaries.test.ts'
const byHarvest = 'tests/git/harvest.test.ts'
const byTools = 'tests/attacks/tools.test.ts'
const byLaunch = 'tests/process/launch-end.test.ts'
const moved = 'moves %s to nothing: as worker, on resume, as verifier'

/** What a repository brings along for the agents, by the file that holds it (tests/workers/contract/hostile-repository.ts). */
export const agentFiles: Readonly<Record<string, string>> = {
  '.claude/settings.json': "hooks, a helper for keys, a status line and a base URL in Claude's settings",
  '.claude/settings.local.json': 'the same in its local settings',
  '.claude/skills/heron/SKILL.md': 'a skill',
  '.claude/agents/heron.md': 'an agent of its own',
  '.mcp.json': 'a server for tools (MCP)',
  '.gemini/settings.json': "hooks, servers and commands that find tools in Gemini's settings",
  '.gemini/GEMINI.md': "instructions in Gemini's folder",
  '.gemini/.env': "a base URL in Gemini's environment",
  '.codex/config.toml': "a base URL, a server and a command in Codex's config",
  '.codex/AGENTS.md': "instructions in Codex's folder",
  '.env': 'base URLs, proxies and config folders in an environment file',
  '.envrc': 'a script for direnv',
  'CLAUDE.md': 'instructions for Claude',
  'CLAUDE.local.md': 'local instructions for Claude',
  'AGENTS.md': 'instructions for all agents',
  'AGENTS.override.md': 'instructions that override those',
  'GEMINI.md': 'instructions for Gemini',
  'packages/deep/.claude/settings.json': 'all of it again in a folder below',
  'package.json': 'scripts that an installation runs',
}

export const elsewhere: readonly Elsewhere[] = [
  ...Object.values(agentFiles).map(name => ({
    name,
    family: 'agent surface' as const,
    file: byCanaries,
    title: moved,
  })),
  ...(
    [
      ['a git dir as any file system might spell it', 'a path named %j'],
      ['a link under a name git reads', 'a link as .gitmodules'],
      ['a path that climbs out', 'a parent path'],
      ['a file that is small only in its pack', 'a file too large, however small it packs, and too much together'],
      ['a pack that is none', 'the pack is cut, random or empty'],
      ['another tip than was delivered', 'the tip is another object than was delivered, or no commit'],
      ['a history of another base', 'the history is unrelated, or steps back behind the base'],
      ['a pack that lacks objects', 'objects are missing'],
      [
        'a link, a pipe or a hard link in the place of the delivery',
        'the file is missing, a link, a hard link, a pipe, behind a linked folder, too large, or has no header',
      ],
    ] as const
  ).map(([name, title]) => ({ name, family: 'git' as const, file: byHarvest, title })),
  ...(
    [
      ['alive after it was cancelled', 'leaves nothing alive when it is stopped and ignores the signal'],
      ['alive after its time is over', 'leaves nothing alive when its wall time is over'],
      ['alive after its launcher was killed (SIGKILL)', 'a box is gone without anybody’s doing'],
    ] as const
  ).map(([name, title]) => ({ name, family: 'time' as const, file: byLaunch, title })),
  ...[
    'a name that was bent to loopback (rebinding)',
    'a page that is not listed',
    'a page without an origin of its own (null)',
    'a form of a page, without a token',
    'the token in the address',
    'Model beside model',
    'a provider’s model in the private lane',
    'the lane climbed out of',
    'who guesses is held back',
  ].map(name => ({ name, family: 'tools' as const, file: byTools, title: name })),
]
