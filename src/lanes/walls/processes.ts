/** The wall around processes: none outside the box can be seen, signalled or read. */
import { type Attack, type Guarantee, opens, perl } from './attack.ts'
import { calls, numberOf } from './calls.ts'

const attacks: Attack[] = [
  { name: 'a signal to another process', script: 'kill -0 $OTHER_PID' },
  { name: 'the list of processes', script: "tr '\\0' ' ' </proc/$OTHER_PID/cmdline | grep -q SECRET" },
  { name: "another process's environment", script: "tr '\\0' '\\n' </proc/$OTHER_PID/environ | grep -q SECRET" },
  {
    name: 'another process by ptrace',
    script: calls('ptrace', '16, $ENV{OTHER_PID} + 0, 0, 0'),
    mayBeMissing: 'Yama forbids it here',
  },
  {
    name: 'a descriptor of another process',
    script: perl(
      `my $f = syscall(${numberOf('pidfd_open')}, $ENV{OTHER_PID} + 0, 0); exit 1 if $f < 0; exit(syscall(${numberOf('pidfd_getfd')}, $f, 0, 0) >= 0 ? 0 : 1)`,
    ),
    mayBeMissing: 'Yama forbids it here, or the kernel is too old',
  },
  { name: "another process's view of the disk", script: opens('/proc/$OTHER_PID/root/$CANARY') },
  { name: 'shared memory by its file', script: 'grep -q SECRET /dev/shm/$SHM_FILE' },
]

export const processes: Guarantee = {
  name: 'processes',
  protects: 'No process outside the box can be seen, signalled or read.',
  attacks,
  means: 'A worker could end your programs or read what they hold.',
  cure: 'Start no run here. Look for a bwrap that is not the system’s own; in a container, see: agentlab doctor',
}
