/** Locks that a killed git left in a workspace's private git dir. For the box, like anything that touches what a worker wrote. */
import { dirname } from 'node:path'
import type { ExportCommand } from './export-work.ts'
import type { WorkspaceDirs } from './private-git-dir.ts'

/** Removes every `*.lock` file below the git dir; nothing may run in the seat, so nobody holds them. Links are not followed. */
export const unlockCommand = ({ gitDir }: WorkspaceDirs): ExportCommand => ({
  file: '/usr/bin/find',
  args: [gitDir, '-name', '*.lock', '-type', 'f', '-delete'],
  cwd: dirname(gitDir),
  env: { PATH: '/usr/bin:/bin', LC_ALL: 'C' },
})
