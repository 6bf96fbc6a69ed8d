/** The wall around the machine: its settings and devices can't be changed from the box. */
import { type Attack, type Guarantee, opens } from './attack.ts'
import { calls, reaches } from './calls.ts'

const attacks: Attack[] = [
  { name: 'what runs on a crash', script: opens('/proc/sys/kernel/core_pattern'), control: 'root' },
  {
    name: 'a switch below /sys',
    script: opens('/sys/kernel/mm/transparent_hugepage/enabled'),
    control: 'root',
    mayBeMissing: '/sys is read-only here',
  },
  { name: 'a file of the system', script: opens('/etc/passwd'), control: 'root' },
  { name: 'a device of its own making', script: 'mknod zero c 1 5 && head -c1 zero >/dev/null', control: 'root' },
  {
    name: "the machine's clock",
    mayBeMissing: 'no clock may be set here',
    script: reaches('clock_settime', '1, $t', 'my $t = "\\0" x 16; '),
  },
  {
    name: 'a module of the kernel',
    script: reaches('delete_module', '$n, 2048', 'my $n = "agentlab_none"; '),
    control: 'root',
    mayBeMissing: 'this kernel takes no modules',
  },
  {
    name: 'a priority above all others',
    script: calls('sched_setscheduler', '0, 1, $p', 'my $p = pack("i", 1); '),
    control: 'root',
    mayBeMissing: 'nobody may have one here',
  },
  {
    name: 'a device that is there for everybody',
    script: 'for d in /dev/fuse /dev/net/tun /dev/kvm; do { exec 3<>$d; } 2>/dev/null && exit 0; done; exit 1',
    mayBeMissing: 'there is none',
  },
]

export const machine: Guarantee = {
  name: 'machine',
  protects: "The machine's settings and devices can't be changed.",
  attacks,
  means: 'A worker could change this machine for everybody on it.',
  cure: 'Run AgentLab as an ordinary user, not as root.',
}
