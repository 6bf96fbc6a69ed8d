/** More ways to be alive after one's time. */
import type { Attack } from '../../src/lanes/walls/attack.ts'
import { isAlive, leaves } from '../../src/lanes/walls/ending.ts'

export const ending: Attack[] = [
  {
    name: 'a process without its mark',
    script: leaves('delete $ENV{AGENTLAB_SEAT}; delete $ENV{AGENTLAB_LAUNCH};'),
    after: isAlive,
  },
  { name: 'a process group of its own', script: leaves('POSIX::setpgid(0, 0);'), after: isAlive },
  {
    name: 'a process that forks ever anew',
    script: leaves('POSIX::setsid(); for (1 .. 20) { exit 0 if fork }'),
    after: isAlive,
  },
]
