/** More ways to be alive after one's time. */
import type { Attack } from '../../src/lanes/walls/attack.ts'
import { outlives } from '../../src/lanes/walls/ending.ts'

const unmarked = outlives('a process without its mark', '')

export const ending: Attack[] = [
  { ...unmarked, script: unmarked.script.replace('exec perl', 'exec env -i PATH="$PATH" OUTBOX="$OUTBOX" perl') },
  outlives('a process group of its own', 'POSIX::setpgid(0, 0);'),
  outlives('a process that forks ever anew', 'POSIX::setsid(); for (1 .. 20) { exit 0 if fork }'),
]
