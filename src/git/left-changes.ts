/**
 * Whether a workspace was changed by who worked in it, asked by a fixed program that runs INSIDE the box: whatever git
 * does there may execute what was left in it. Its exit code is all it says.
 */
import { Oid } from '../domain/ids.ts'
import { findGit, gitEnvironment } from './exec.ts'
import type { ExportCommand } from './export-work.ts'
import type { WorkspaceDirs } from './private-git-dir.ts'

/** $1 git, $2 base. */
const program = `
git=$1; base=$2
[ -z "$("$git" rev-list -n 1 --all HEAD --not "$base")" ] || exit 10
[ "$("$git" rev-parse HEAD)" = "$base" ] || exit 10
[ -z "$("$git" status --porcelain --untracked-files=all --ignore-submodules=none | head -c 1)" ] || exit 10
exit 0
`

/** What the program ends with where something was changed or committed; 0 where nothing was. */
export const leftChangesExit = 10

export const leftChangesCommand = (dirs: WorkspaceDirs, base: Oid): ExportCommand => ({
  file: '/bin/sh',
  args: ['-c', program, 'agentlab-left-changes', findGit(), Oid.parse(base)],
  cwd: dirs.workspace,
  env: { ...gitEnvironment({ config: {} }), GIT_DIR: dirs.gitDir, GIT_WORK_TREE: dirs.workspace },
})
