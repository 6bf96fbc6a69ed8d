/** The wall around the kernel: no door of it that leads out of the box is open. */
import { type Attack, type Guarantee, perl } from './attack.ts'
import { calls, numberOf, reaches } from './calls.ts'

const namespaces = 'user namespaces are closed here'

/** A call that makes a child: both return. */
const forks = (name: string, args: string, before = ''): string =>
  perl(`${before}my $p = syscall(${numberOf(name)}, ${args}); exit($p >= 0 ? 0 : 1)`)

const attacks: Attack[] = [
  { name: 'a new user namespace by unshare', script: calls('unshare', '0x10000000'), mayBeMissing: namespaces },
  { name: 'a new user namespace by clone', script: forks('clone', '0x10000011, 0, 0, 0, 0'), mayBeMissing: namespaces },
  {
    name: 'a new user namespace by clone3',
    script: forks('clone3', '$a, 64', 'my $a = pack("Q8", 0x10000000, 0, 0, 0, 17, 0, 0, 0); '),
    mayBeMissing: namespaces,
  },
  { name: 'a new network namespace', script: calls('unshare', '0x40000000'), control: 'root' },
  {
    name: 'a mount by the newer calls',
    script: calls('fsopen', '$t, 0', 'my $t = "tmpfs"; '),
    control: 'root',
  },
  {
    name: 'a mount that is changed',
    script: reaches('mount', '0, $p, 0, 32, 0', 'my $p = $ENV{HOME}; '),
    control: 'root',
  },
  { name: 'another root by chroot', script: calls('chroot', '$p', 'my $p = "/"; '), control: 'root' },
  {
    name: 'a handle of a file, to open it past its path',
    script: calls(
      'name_to_handle_at',
      '-100, $f, $h, $m, 0',
      'my $f = "/etc/passwd"; my $h = pack("II", 128, 0) . ("\\0" x 128); my $m = "\\0" x 8; ',
    ),
  },
  {
    name: 'an io_uring',
    script: calls('io_uring_setup', '1, $p', 'my $p = "\\0" x 120; '),
    mayBeMissing: 'io_uring is closed here',
  },
  {
    name: 'a key in a keyring of the kernel',
    script: calls('add_key', '$t, $d, $p, 6, -2', 'my ($t, $d, $p) = ("user", "agentlab-walls", "STOLEN"); '),
    mayBeMissing: 'keyrings are closed here',
  },
  {
    name: 'a BPF map',
    script: calls('bpf', '0, $a, 128', 'my $a = pack("I4", 2, 4, 4, 1) . ("\\0" x 112); '),
    control: 'root',
    mayBeMissing: 'BPF is closed here',
  },
  {
    name: 'a performance counter',
    script: calls('perf_event_open', '$a, 0, -1, -1, 0', 'my $a = pack("II", 1, 112) . ("\\0" x 104); '),
    control: 'root',
    mayBeMissing: 'performance counters are closed here',
  },
  {
    name: 'faults handled in user space',
    script: calls('userfaultfd', '1'),
    mayBeMissing: 'userfaultfd is closed here',
  },
]

export const kernel: Guarantee = {
  name: 'kernel',
  protects: 'No door of the kernel that leads out of the box is open.',
  attacks,
  means: 'A worker could try to leave its box through the kernel.',
  cure: 'Start no run here. The filter of system calls is not in force: look for a kernel without seccomp (CONFIG_SECCOMP_FILTER).',
}
