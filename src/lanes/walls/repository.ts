/** The wall around the operator's repository: nothing of it changes from the box. */
import type { Attack, Guarantee } from './attack.ts'

const commit = 'c=$(git -c user.name=a -c user.email=a@example.com commit-tree -m STOLEN "$(git mktree </dev/null)")'

const attacks: Attack[] = [
  {
    name: 'another branch, by a push',
    script: `cd $OUTBOX && git init -q pushed && cd pushed && ${commit} && git push -q $REPOSITORY $c:refs/heads/stolen`,
  },
  { name: 'main, by git', script: `cd $REPOSITORY && ${commit} && git update-ref refs/heads/main $c` },
  {
    name: 'main, by its file',
    script: 'echo 0000000000000000000000000000000000000001 >$REPOSITORY/.git/refs/heads/main',
  },
  {
    name: "the repository, by the seat's own .git file",
    script:
      'mkdir -p $OUTBOX/tied && cd $OUTBOX/tied && echo "gitdir: $REPOSITORY/.git" >.git && git config alias.stolen status',
  },
  { name: 'the configuration', script: 'printf "[core]\\n\\tfsmonitor = /bin/true\\n" >>$REPOSITORY/.git/config' },
  { name: 'a hook', script: 'mkdir -p $REPOSITORY/.git/hooks && echo : >$REPOSITORY/.git/hooks/pre-commit' },
  { name: 'packed refs', script: 'echo "# pack-refs with: peeled" >$REPOSITORY/.git/packed-refs' },
  {
    name: 'the alternates',
    script: 'mkdir -p $REPOSITORY/.git/objects/info && echo /etc >$REPOSITORY/.git/objects/info/alternates',
  },
  { name: 'an object', script: 'echo x >$REPOSITORY/.git/objects/planted' },
  {
    name: 'an object, by a second name for it',
    script:
      'o=$(ls $REPOSITORY/.git/objects/??/* $REPOSITORY/.git/objects/pack/*.pack 2>/dev/null | head -1) && ln $o $OUTBOX/object && chmod u+w $OUTBOX/object && echo x >>$OUTBOX/object',
  },
  { name: 'objects, by removing them', script: 'd=$(ls -d $REPOSITORY/.git/objects/* | head -1); mv "$d" "$d.gone"' },
  { name: 'a file of the checkout', script: 'echo x >>$REPOSITORY/README.md' },
]

export const repository: Guarantee = {
  name: 'repository',
  protects: 'main, branches, config, hooks and objects of your repository stay as they are.',
  attacks,
  means: 'A worker could move main, destroy objects, or run code as you at your next git command.',
  cure: 'Start no run here. Check the repository: git fsck --full && git reflog',
}
