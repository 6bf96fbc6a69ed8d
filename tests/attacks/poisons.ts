/** What a worker may leave in its workspace and git dir for whoever runs git there next: AgentLab, or the operator. */

export interface Poison {
  name: string
  /** Run in the workspace, boxed. `$FIRE` is a command line that leaves a trace outside of the box only. */
  script: string
  /** Without the harvest, the operator's next git in the workspace would set it off; else it is only data. */
  bites: boolean
}

const commit = 'git add -A && git commit -qm poisoned --no-verify'
const driven = (attributes: string, config: string): string =>
  `echo "* ${attributes}" >.gitattributes && echo x >work.txt && git add -A && git commit -qm poisoned && git config ${config} && echo y >>work.txt`

export const poisons: readonly Poison[] = [
  {
    name: 'hooks of every kind',
    script: `mkdir -p ../git/hooks && for h in pre-commit post-commit commit-msg post-index-change reference-transaction post-checkout post-merge; do printf '#!/bin/sh\\n%s\\n' "$FIRE" >../git/hooks/$h; chmod 755 ../git/hooks/$h; done; git config core.hooksPath "$PWD/../git/hooks"; echo x >work.txt`,
    bites: true,
  },
  { name: 'a file system monitor', script: `echo x >work.txt && git config core.fsmonitor "$FIRE"`, bites: true },
  {
    name: 'a filter for what is added',
    script: driven('filter=stolen', 'filter.stolen.clean "$FIRE; cat"'),
    bites: true,
  },
  {
    name: 'a program that shows differences',
    script: driven('diff=stolen', 'diff.stolen.command "$FIRE; true"'),
    bites: true,
  },
  {
    name: 'a program that turns files to text',
    script: driven('diff=stolen', 'diff.stolen.textconv "$FIRE; cat"'),
    bites: true,
  },
  {
    name: 'a program for signatures',
    script: `echo x >work.txt && ${commit} && git config gpg.program "$FIRE" && git config log.showSignature true && git config commit.gpgSign true && echo y >>work.txt`,
    bites: false,
  },
  {
    name: 'a program in the place of the pack',
    script: `echo x >work.txt && git config uploadpack.packObjectsHook "$FIRE" && git config core.sshCommand "$FIRE" && git config core.pager "$FIRE" && git config core.editor "$FIRE"`,
    bites: false,
  },
  {
    name: 'a config from elsewhere',
    script: `printf '[core]\\n\\tfsmonitor = "%s"\\n' "$FIRE" >../out/more && git config include.path "$PWD/../out/more" && echo x >work.txt`,
    bites: true,
  },
  {
    name: 'another git dir behind the .git file',
    script: `git init -q ../out/other && git -C ../out/other config core.fsmonitor "$FIRE" && echo "gitdir: $PWD/../out/other/.git" >.git; echo x >work.txt`,
    bites: true,
  },
  {
    name: 'a common dir of its own',
    script: `git init -q ../out/common && git -C ../out/common config core.fsmonitor "$FIRE" && cp -r ../git/objects ../git/refs ../git/packed-refs ../out/common/.git/ && echo "$PWD/../out/common/.git" >../git/commondir; echo x >work.txt`,
    bites: true,
  },
  {
    name: 'a nested repository as a link in the tree',
    script: `git init -q nested && git -C nested -c user.name=a -c user.email=a@example.com commit -q --allow-empty -m x && git -C nested config core.fsmonitor "$FIRE" && ${commit}`,
    bites: true,
  },
  {
    name: 'a submodule whose address is an option',
    script: `printf '[submodule "x"]\\n\\tpath = x\\n\\turl = --upload-pack=touch\\n' >.gitmodules && git update-index --add --cacheinfo 160000,$(git rev-parse HEAD),x && ${commit}`,
    bites: false,
  },
  {
    name: 'a submodule that is brought up by a command',
    script: `printf '[submodule "x"]\\n\\tpath = x\\n\\turl = ./x\\n\\tupdate = "!%s"\\n' "$FIRE" >.gitmodules && ${commit}`,
    bites: false,
  },
  {
    name: 'a link out of the tree',
    script: `ln -s $OPERATOR_HOME/.ssh leak && ln -s /etc/passwd accounts && ${commit}`,
    bites: false,
  },
  {
    name: 'a link where a folder was',
    script: `rm -rf src && ln -s $REPOSITORY/.git src && git add -A && git commit -qm poisoned`,
    bites: false,
  },
  {
    name: 'a git dir in the tree, in other letters',
    script: `b=$(printf '[core]\\n\\tfsmonitor = "%s"\\n' "$FIRE" | git hash-object -w --stdin) && t=$(printf '100644 blob %s\\tconfig\\n' $b | git mktree) && r=$(printf '040000 tree %s\\t.GIT\\n' $t | git mktree) && git reset -q --soft $(git commit-tree -p HEAD -m poisoned $r)`,
    bites: false,
  },
  {
    name: 'names that are words of a shell',
    script: `touch -- '-rf' '--output=x' '$(touch fired)' 'a;touch fired' '\`touch fired\`' $'new\\nline' $'bell\\a' && ${commit}`,
    bites: false,
  },
  {
    name: 'another history in the place of the base (replace, grafts, shallow)',
    script: `mkdir -p ../git/info && c=$(git commit-tree -m other "HEAD^{tree}") && git replace -f HEAD $c; git rev-parse HEAD >../git/info/grafts; git rev-parse HEAD >../git/shallow; echo x >work.txt`,
    bites: false,
  },
  {
    name: 'objects from elsewhere (alternates)',
    script: `echo x >work.txt && echo $REPOSITORY/.git/objects >../git/objects/info/alternates && echo /etc >>../git/objects/info/alternates`,
    bites: false,
  },
  {
    name: 'a branch of the name of main',
    script: `git branch -f main 2>/dev/null; git checkout -q -B main && echo x >work.txt && ${commit} && git update-ref refs/heads/other HEAD`,
    bites: false,
  },
  {
    name: 'locks that stop every git',
    script: 'echo x >work.txt; : >../git/index.lock; : >../git/HEAD.lock; : >../git/config.lock',
    bites: false,
  },
  {
    name: 'files that editors and agents run',
    script: `mkdir -p .vscode .claude && echo '{}' >.vscode/tasks.json && echo '{}' >.claude/settings.json && echo "$FIRE" >.envrc && git add -f -A && git commit -qm poisoned`,
    bites: false,
  },
]
