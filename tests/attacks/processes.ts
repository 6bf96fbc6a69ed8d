/** More roads to other processes: their memory, their limits, and what processes share. */
import { type Attack, perl } from '../../src/lanes/walls/attack.ts'
import { calls } from '../../src/lanes/walls/calls.ts'

const yama = 'Yama forbids it here'
const other = '$ENV{OTHER_PID} + 0'

export const processes: Attack[] = [
  {
    name: "another process's memory",
    script: calls(
      'process_vm_readv',
      `${other}, $l, 1, $r, 1, 0`,
      'open(my $m, "<", "/proc/$ENV{OTHER_PID}/maps") or exit 1; my ($a) = <$m> =~ /^([0-9a-f]+)/ or exit 1; my $b = "\\0" x 16; my $l = pack("PQ", $b, 16); my $r = pack("QQ", hex $a, 16); ',
    ),
    mayBeMissing: yama,
  },
  { name: 'what two processes share', script: calls('kcmp', `$$, ${other}, 1, 0, 0`), mayBeMissing: yama },
  { name: "another process's priority", script: calls('setpriority', `0, ${other}, 19`) },
  {
    name: "another process's pages",
    script: calls('move_pages', `${other}, 0, 0, 0, 0, 0`),
    mayBeMissing: 'not in this kernel',
  },
  { name: "another process's limits", script: calls('prlimit64', `${other}, 7, 0, $o`, 'my $o = "\\0" x 16; ') },
  { name: "another process's folder", script: 'cd /proc/$OTHER_PID/cwd' },
  { name: 'shared memory by its key', script: perl('defined shmget($ENV{SHM_KEY} + 0, 0, 0) or exit 1') },
  { name: 'a queue of messages by its key', script: perl('defined msgget($ENV{SHM_KEY} + 0, 0) or exit 1') },
  { name: 'a semaphore by its key', script: perl('defined semget($ENV{SHM_KEY} + 0, 0, 0) or exit 1') },
]
