/**
 * The fixed program that brings a worker's result out of a workspace. It runs INSIDE the box, because whatever git does
 * there may execute what the worker left; what it prints is data to be judged by harvest.ts.
 */
import { BranchName, Oid } from '../domain/ids.ts'
import { findGit, gitEnvironment } from './exec.ts'
import type { Identity } from './operator-config.ts'
import type { WorkspaceDirs } from './private-git-dir.ts'

/**
 * $1 git, $2 base, $3 branch. Prints one JSON line, then the pack of what the tip has and the base lacks. Stale
 * locks of a killed git are removed; what is uncommitted becomes a commit; HEAD counts, or the branch where HEAD went back to
 * the base without it.
 */
const program = `
set -u
git=$1; base=$2; branch=$3
g() { "$git" "$@"; }
find "$GIT_DIR" -name '*.lock' -type f -delete
unmerged=false; [ -z "$(g ls-files -u)" ] || unmerged=true
staged=true; g add -A --ignore-errors . >/dev/null || staged=false
strayed=$(g ls-files -s | grep '^160000 ' | cut -f 2 | while IFS= read -r folder; do
  [ -z "$(ls -A -- "$folder" 2>/dev/null)" ] || { echo true; break; }
done)
committed=false
g diff-index --cached --quiet --ignore-submodules=none HEAD --
if [ $? -ne 0 ]; then
  g commit --quiet --no-verify --no-gpg-sign --allow-empty-message -m "Uncommitted work" >/dev/null && committed=true || staged=false
fi
tip=$(g rev-parse --quiet --verify "HEAD^{commit}") || tip=
own=$(g rev-parse --quiet --verify "refs/heads/$branch^{commit}") || own=
if [ -z "$tip" ]; then tip=$own; fi
if [ -n "$own" ] && [ "$own" != "$tip" ] && [ $committed = false ]; then
  if g merge-base --is-ancestor "$tip" "$base" && g merge-base --is-ancestor "$base" "$own"; then tip=$own; fi
fi
[ -n "$tip" ] || exit 3
printf '{"tip":"%s","committedByUs":%s,"unmerged":%s,"staged":%s,"strayed":%s}\\n' "$tip" $committed $unmerged $staged \${strayed:-false}
[ "$tip" != "$base" ] || exit 0
printf '%s\\n^%s\\n' "$tip" "$base" | g pack-objects -q --revs --thin --delta-base-offset --stdout
`

/** A command for the box; stdout must go to a fresh regular file that is not cut below the harvest's pack limit. */
export interface ExportCommand {
  file: string
  args: string[]
  cwd: string
  env: Record<string, string>
}

/** The command for one workspace. It needs to write the workspace and its git dir, and read the object store and git. */
export const exportCommand = (input: {
  dirs: WorkspaceDirs
  base: Oid
  branch: string
  identity: Identity
}): ExportCommand => ({
  file: '/bin/sh',
  args: ['-c', program, 'agentlab-export', findGit(), Oid.parse(input.base), BranchName.parse(input.branch)],
  cwd: input.dirs.workspace,
  env: {
    ...gitEnvironment({ config: { 'core.fsync': 'none', 'pack.threads': '1', 'advice.addEmbeddedRepo': 'false' } }),
    GIT_DIR: input.dirs.gitDir,
    GIT_WORK_TREE: input.dirs.workspace,
    GIT_AUTHOR_NAME: input.identity.name,
    GIT_AUTHOR_EMAIL: input.identity.email,
    GIT_COMMITTER_NAME: input.identity.name,
    GIT_COMMITTER_EMAIL: input.identity.email,
  },
})
