/** More settings and devices of the machine. */
import { type Attack, opens, perl } from '../../src/lanes/walls/attack.ts'
import { calls, reaches } from '../../src/lanes/walls/calls.ts'

const device = (path: string, what: string, missing = `there is no ${path}`): Attack => ({
  name: what,
  script: `exec 3<${path}`,
  control: 'root',
  mayBeMissing: missing,
})

export const machine: Attack[] = [
  {
    name: 'the emergency switch',
    script: opens('/proc/sysrq-trigger'),
    control: 'root',
    mayBeMissing: 'this kernel has none',
  },
  {
    name: 'a control group',
    script:
      'd=$(find /sys/fs/cgroup -maxdepth 1 -type d | tail -1); mkdir "$d/agentlab-attack" && rmdir "$d/agentlab-attack"',
    control: 'root',
    mayBeMissing: 'control groups are read-only here',
  },
  {
    name: "the machine's name",
    script: calls('sethostname', '$n, length $n', 'my $n = `uname -n`; chomp $n; '),
    control: 'root',
  },
  {
    name: "the clock's rate",
    script: reaches('adjtimex', '$t', 'my $t = pack("I", 0x4000) . ("\\0" x 204); '),
    control: 'root',
    mayBeMissing: 'nobody may change it here',
  },
  {
    name: 'which programs the kernel runs (binfmt)',
    script: opens('/proc/sys/fs/binfmt_misc/register'),
    control: 'root',
    mayBeMissing: 'no such list here',
  },
  {
    name: 'its own place when memory runs out',
    script: 'echo -1000 >/proc/self/oom_score_adj',
    control: 'root',
    mayBeMissing: 'root is bounded here',
  },
  {
    name: 'a bound of its own that was lowered',
    script: perl('use POSIX (); exit(POSIX::nice(-5) ? 0 : 1)'),
    control: 'root',
    mayBeMissing: 'nobody may lift it here',
  },
  device('/dev/mem', "the machine's memory"),
  device('/proc/kcore', "the kernel's memory"),
  device('/dev/kmsg', "the kernel's log, by its device"),
  device('/dev/loop-control', 'a disk made of a file'),
  device('/dev/kvm', 'a virtual machine of its own'),
  device(
    '$(ls -d /dev/vda /dev/sda /dev/nvme0n1 2>/dev/null | head -1)',
    "the machine's disk",
    'its disk has another name',
  ),
  {
    name: 'how the kernel traces itself',
    script: 'ls /sys/kernel/tracing/events',
    control: 'root',
    mayBeMissing: 'no tracing here',
  },
  {
    name: 'the addresses of its network cards',
    script: "cat /sys/class/net/*/address | grep -qv '^00:00:00:00:00:00$'",
    mayBeMissing: 'this machine has no network card',
  },
]
