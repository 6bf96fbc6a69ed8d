/** Lists the commits of a workspace that neither its HEAD nor the operator's store holds. For the box, like any git there. */
import { findGit, gitEnvironment } from './exec.ts'
import type { ExportCommand } from './export-work.ts'
import type { WorkspaceDirs } from './private-git-dir.ts'

/** Prints the object ids of branches, stashes and all other refs that HEAD does not contain, one a line. */
export const strayTipsCommand = (dirs: WorkspaceDirs): ExportCommand => ({
  file: findGit(),
  args: ['for-each-ref', '--count=201', '--format=%(objectname)', '--no-merged=HEAD'],
  cwd: dirs.workspace,
  env: { ...gitEnvironment(), GIT_DIR: dirs.gitDir, GIT_WORK_TREE: dirs.workspace },
})
