/** More ways to change the operator's repository, by git and past it. */
import type { Attack } from '../../src/lanes/walls/attack.ts'

const inRepository = (script: string): string => `cd $REPOSITORY && ${script}`
const gitDir = '$REPOSITORY/.git'
const own = (name: string): string => `rm -rf $OUTBOX/${name} && mkdir -p $OUTBOX/${name} && cd $OUTBOX/${name}`

export const repository: Attack[] = [
  { name: 'main, by making HEAD another', script: inRepository('git symbolic-ref HEAD refs/heads/other') },
  { name: 'HEAD, by its file', script: `echo "ref: refs/heads/main" >${gitDir}/HEAD` },
  { name: 'a tag', script: inRepository('git tag -f stolen main') },
  { name: 'a branch, by a fetch into it', script: inRepository('git fetch -q . main:refs/heads/fetched') },
  {
    name: 'a commit in the place of another (replace)',
    script: inRepository(
      'git replace -f main^{tree} other^{tree} 2>/dev/null || git update-ref refs/replace/$(git rev-parse main) main',
    ),
  },
  { name: 'the index', script: inRepository('git update-index --assume-unchanged README.md') },
  { name: 'the history of a branch (reflog)', script: inRepository('git reflog expire --expire=now --all') },
  { name: 'a linked worktree', script: inRepository('git worktree add -q --detach $OUTBOX/linked main') },
  { name: 'an object, by git', script: `echo STOLEN | GIT_DIR=${gitDir} git hash-object -w --stdin` },
  { name: 'objects that are thought unneeded (gc)', script: inRepository('git gc -q --prune=now') },
  {
    name: 'the order of history (commit-graph)',
    script: `mkdir -p ${gitDir}/objects/info && echo x >${gitDir}/objects/info/commit-graph`,
  },
  {
    name: 'the attributes that run filters (info)',
    script: `mkdir -p ${gitDir}/info && echo "* filter=stolen" >${gitDir}/info/attributes`,
  },
  { name: 'a lock that stops every git', script: `: >${gitDir}/index.lock` },
  { name: 'where history begins (shallow)', script: `git -C $REPOSITORY rev-parse main >${gitDir}/shallow` },
  {
    name: "a submodule's config",
    script: `mkdir -p ${gitDir}/modules/stolen && echo "[core]" >${gitDir}/modules/stolen/config`,
  },
  {
    name: 'the repository, by the commondir of a git dir of its own',
    script: `${own('common')} && git init -q . && echo ${gitDir} >.git/commondir && git config alias.stolen status`,
  },
  {
    name: 'the repository, by the alternates of its own',
    script: `${own('borrow')} && git init -q . && echo ${gitDir}/objects >.git/objects/info/alternates && chmod u+w ${gitDir}/objects && : >${gitDir}/objects/planted2`,
  },
  {
    name: 'hooks, by initialising it anew',
    script: `${own('template')} && mkdir -p hooks && echo : >hooks/post-commit && git init -q --template=$PWD $REPOSITORY`,
  },
  { name: 'the permissions of the objects', script: `chmod -R a+w ${gitDir}/objects` },
]
