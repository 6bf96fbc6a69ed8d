/** More doors of the kernel. Calls that must not be carried out are made with arguments that make no sense. */
import { type Attack, perl } from '../../src/lanes/walls/attack.ts'
import { calls, numberOf, reaches } from '../../src/lanes/walls/calls.ts'

/** A program of 32-bit x86 that ends with 0, in the fewest bytes the kernel takes: by the calling convention of old. */
const oldProgram = [
  '7f454c46010101000000000000000000020003000100000054800408340000000000000000000000340020000100000000000000',
  '010000000000000000800408008004085d0000005d0000000500000000100000',
  'b80100000031dbcd80',
].join('')

const namespaces = 'user namespaces are closed here'
const terminal = (request: string): string =>
  perl(
    `open(my $m, "+<", "/dev/ptmx") or exit 1; my $n = pack("i", 0); ioctl($m, 0x40045431, $n) or exit 1; ioctl($m, 0x80045430, $n) or exit 1; my $p = fork; if ($p == 0) { syscall(${numberOf('setsid')}); open(my $t, "+<", "/dev/pts/" . unpack("i", $n)) or exit 1; ioctl($t, 0x540e, 0); my $c = ${request}; exit 0 } waitpid $p, 0; exit($? >> 8)`,
  )

export const kernel: Attack[] = [
  { name: 'a box in the box', script: 'exec bwrap --unshare-user --ro-bind / / true', mayBeMissing: namespaces },
  { name: 'a new namespace of mounts', script: calls('unshare', '0x20000'), control: 'root' },
  { name: 'a new namespace of processes', script: calls('unshare', '0x20000000'), control: 'root' },
  { name: 'a mount', script: 'mkdir -p m && mount -t tmpfs none m && umount m', control: 'root' },
  { name: 'a mount that is taken away', script: reaches('umount2', '$p, 0', 'my $p = "/nowhere"; '), control: 'root' },
  { name: 'another root by pivot_root', script: reaches('pivot_root', '$p, $p', 'my $p = "/"; '), control: 'root' },
  { name: 'a copy of a mount tree', script: calls('open_tree', '-100, $r, 1', 'my $r = "/"; '), control: 'root' },
  { name: 'a session keyring', script: calls('keyctl', '1, 0'), mayBeMissing: 'keyrings are closed here' },
  {
    name: "the kernel's log",
    script: calls('syslog', '10, 0, 0'),
    control: 'root',
    mayBeMissing: 'the log is closed here',
  },
  {
    name: "a call by the machine's other convention (x32)",
    script: perl('exit(syscall(0x40000000 + 39) > 0 ? 0 : 1)'),
    mayBeMissing: 'this kernel has no x32',
  },
  {
    name: "a program of the machine's older convention (i386)",
    script: perl(
      `my $f = "$ENV{OUTBOX}/old"; open(my $o, ">", $f) or exit 1; print $o pack("H*", "${oldProgram}"); close $o; chmod 0755, $f; exit(system($f) == 0 ? 0 : 1)`,
    ),
    mayBeMissing: 'this kernel runs no 32-bit programs',
  },
  {
    name: 'who opens which file (fanotify)',
    script: calls('fanotify_init', '0, 0'),
    control: 'root',
    mayBeMissing: 'no fanotify here',
  },
  {
    name: 'another kernel (kexec)',
    script: reaches('kexec_load', '0, 17, 0, 0x70000'),
    control: 'root',
    mayBeMissing: 'no kexec here',
  },
  {
    name: 'a module by its bytes',
    script: reaches('init_module', '0, 0, 0'),
    control: 'root',
    mayBeMissing: 'no modules here',
  },
  {
    name: 'a file that memory is swapped to',
    script: reaches('swapon', '$p, 0', 'my $p = "/nowhere"; '),
    control: 'root',
    mayBeMissing: 'no swap here',
  },
  {
    name: 'the record of all processes (acct)',
    script: reaches('acct', '$p', 'my $p = "/nowhere"; '),
    control: 'root',
    mayBeMissing: 'no accounting here',
  },
  {
    name: 'the quotas of a disk',
    script: reaches('quotactl', '0x800002, $p, 0, $b', 'my $p = "/nowhere"; my $b = "\\0" x 512; '),
    mayBeMissing: 'no quotas here',
  },
  {
    name: 'the ports of the machine (iopl)',
    script: calls('iopl', '3'),
    control: 'root',
    mayBeMissing: 'no ports here',
  },
  {
    name: 'one port of the machine (ioperm)',
    script: calls('ioperm', '0x80, 1, 1'),
    control: 'root',
    mayBeMissing: 'no ports here',
  },
  {
    name: 'privileges that were dropped',
    script: calls(
      'capset',
      '$h, $d',
      'my $h = pack("Ii", 0x20080522, 0); my $d = pack("I6", (0x200000) x 2, 0, 0, 0, 0); ',
    ),
    control: 'root',
  },
  {
    name: "another user's identity",
    script: perl('use POSIX (); POSIX::setuid(1); exit($< == 1 ? 0 : 1)'),
    control: 'root',
  },
  {
    name: 'the identity of a program that has another (setuid)',
    script: perl(
      'use POSIX (); exit 1 if $> == 0; my ($su) = grep { -u } qw(/bin/su /usr/bin/su); exit 1 unless $su; pipe(my $r, my $w); my $p = fork; if ($p == 0) { close $w; POSIX::dup2(fileno($r), 0); close STDOUT; close STDERR; exec $su, "-c", "true"; exit 1 } close $r; my $is = 0; for (1 .. 100) { select undef, undef, undef, 0.01; open(my $s, "<", "/proc/$p/status") or last; if (join("", <$s>) =~ /^Uid:\\s+\\d+\\s+0\\s/m) { $is = 1; last } } kill "KILL", $p; waitpid $p, 0; exit($is ? 0 : 1)',
    ),
    control: 'ordinary',
    mayBeMissing: 'there is no such program',
  },
  {
    name: 'letters typed into a terminal',
    script: terminal('"x"; ioctl($t, 0x5412, $c) or exit 1'),
    mayBeMissing: 'this kernel forbids it to everybody',
  },
]
