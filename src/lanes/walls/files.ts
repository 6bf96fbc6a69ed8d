/** The wall around the disk: in the box there is nothing of the operator's to write, and what is written stays in it. */
import type { Attack, Guarantee } from './attack.ts'

const attacks: Attack[] = [
  { name: "a file in the operator's HOME", script: 'echo x >>$OPERATOR_HOME/.bashrc' },
  { name: 'a file that is left for others', script: 'echo STOLEN >$SHARED_FOLDER/dropped' },
  { name: "another seat's workspace", script: 'echo x >$OTHER_SEAT/workspace.txt' },
  { name: 'a link out of the seat', script: 'ln -sfn $OPERATOR_HOME $OUTBOX/home && echo x >>$OUTBOX/home/.profile' },
  { name: 'a tool that is let in', script: 'echo x >>$OPERATOR_HOME/.cargo/bin/tool' },
  { name: 'the record of its own words', script: 'echo x >>$OWN_SEAT.io/forged' },
  { name: 'the folder beside the seat', script: 'echo x >$(dirname $OWN_SEAT)/planted' },
]

export const files: Guarantee = {
  name: 'files',
  protects: 'Nothing on disk but the seat can be written.',
  attacks,
  means: 'A worker could change your files, or leave data where another program finds it.',
  cure: 'Start no run here. Look for a bwrap that is not the system’s own.',
}
