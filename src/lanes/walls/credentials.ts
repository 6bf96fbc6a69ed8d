/** The wall around credentials: no login, key or conversation can be read in the box. */
import type { Attack, Guarantee } from './attack.ts'

const reads = (path: string): string => `grep -q SECRET ${path}`

const attacks: Attack[] = [
  { name: "the operator's environment", script: 'env | grep -q SECRET' },
  { name: "a key in the operator's HOME", script: reads('$OPERATOR_HOME/.ssh/id_ed25519') },
  { name: "an agent's login", script: reads('$OPERATOR_HOME/.claude/.credentials.json') },
  { name: 'a login beside a tool that is let in', script: reads('$OPERATOR_HOME/.cargo/credentials.toml') },
  {
    name: "git's credential helper",
    script:
      'printf "protocol=https\\nhost=git.invalid\\n\\n" | HOME=$OPERATOR_HOME GIT_TERMINAL_PROMPT=0 git credential fill | grep -q SECRET',
  },
  { name: "another seat's conversation", script: reads('$OTHER_SEAT/agent/session.jsonl') },
  { name: "another seat's prompt", script: reads('$OTHER_SEAT.io/prompt.md') },
  { name: 'the store', script: reads('$DATA_DIR/note.txt') },
  { name: "another program's temporary file", script: reads('$FILE_IN_TMP') },
]

export const credentials: Guarantee = {
  name: 'credentials',
  protects: 'No login or key of yours and no other conversation can be read.',
  attacks,
  means: 'A worker could read your logins, or data of another lane.',
  cure: 'Start no run here. Keep logins out of the folders that doctor lists as open to the box.',
}
