/** More places on disk where nothing may be written. */
import { type Attack, opens } from '../../src/lanes/walls/attack.ts'

export const files: Attack[] = [
  { name: 'a program of the system', script: opens('/usr/bin/env'), control: 'root' },
  { name: 'another seat, by moving it away', script: 'mv $OTHER_SEAT $OTHER_SEAT.x && mv $OTHER_SEAT.x $OTHER_SEAT' },
  { name: 'a second name for a file of the operator', script: 'ln $OPERATOR_HOME/.ssh/id_ed25519 $OUTBOX/key' },
  { name: 'a pipe that another program reads', script: 'echo STOLEN >$SHARED_FOLDER/pipe' },
  { name: 'its own gate, by removing it', script: 'rm $GATE_SOCKET && test ! -e $GATE_SOCKET' },
  { name: 'the permissions of a file of the operator', script: 'chmod 644 $OPERATOR_HOME/.ssh/id_ed25519' },
  { name: 'an attribute of a file of the operator', script: 'touch -d "2001-01-01" $OPERATOR_HOME/.gitconfig' },
  { name: "the operator's list of accounts", script: 'head -c1 /etc/shadow | grep -q .', control: 'root' },
  {
    name: 'who this machine is',
    script: 'head -c1 /etc/machine-id | grep -q .',
    mayBeMissing: 'this machine has no such name',
  },
  {
    name: 'what the disk holds elsewhere',
    script: 'grep -q SECRET $ELSEWHERE/note.txt',
    mayBeMissing: 'only root can put a file there',
  },
]
