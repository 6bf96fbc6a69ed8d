/**
 * What a hostile worker may try, as scripts that exit 0 when they succeed. Each is shown to succeed without the box too,
 * or says why it can't here. Scripts use what every Debian has: bash and perl.
 */

/** Who succeeds without the box: anybody, or root alone. */
export type Control = 'anybody' | 'root'

export interface Attack {
  name: string
  family: 'egress' | 'kernel' | 'machine' | 'credentials' | 'git'
  /** A bash script; the names in capitals come from `stage.ts`. */
  script: string
  control: Control
  /** Why it may fail without the box as well, on some machines. */
  mayBeMissing?: string
}

const perl = (code: string): string => `exec perl -e '${code}'`

/** Succeeds when the system call gives no error. Numbers are those of x64: the suite says so elsewhere. */
const call = (words: string): string => perl(`exit(syscall(${words}) >= 0 ? 0 : 1)`)

/** Opens a file for writing and writes nothing, so that a control changes nothing. */
const opens = (path: string): string => `exec 3>>${path}`

const egress: Attack[] = [
  { name: 'a TCP connection to a server on this machine', script: 'echo stolen >/dev/tcp/127.0.0.1/$TCP_PORT' },
  {
    name: 'the same over IPv6',
    script: perl(
      'use Socket qw(:all); socket(my $s, AF_INET6, SOCK_STREAM, 0) or exit 1; connect($s, pack_sockaddr_in6($ENV{TCP6_PORT}, inet_pton(AF_INET6, "::1"))) or exit 1; syswrite($s, "stolen") or exit 1',
    ),
    mayBeMissing: 'this machine has no IPv6',
  },
  { name: 'a UDP datagram', script: 'echo stolen >/dev/udp/127.0.0.1/$UDP_PORT; exec 3<>/dev/tcp/127.0.0.1/$TCP_PORT' },
  {
    name: 'a route to anywhere',
    script: perl(
      'use Socket; socket(my $s, PF_INET, SOCK_DGRAM, 0) or exit 1; connect($s, pack_sockaddr_in(9, inet_aton("192.0.2.1"))) or exit 1',
    ),
    mayBeMissing: 'this machine has no route out',
  },
  ...['SOCKET_IN_TMP', 'SOCKET_BESIDE', 'ABSTRACT_SOCKET'].map(where => ({
    name: {
      SOCKET_IN_TMP: 'a unix socket among the temporary files, as ssh-agent has',
      SOCKET_BESIDE: "another seat's gate",
      ABSTRACT_SOCKET: 'an abstract unix socket, as dbus has',
    }[where]!,
    script: perl(
      `use Socket; my $p = $ENV{${where}}; $p =~ s/^@/\\0/; socket(my $s, PF_UNIX, SOCK_STREAM, 0) or exit 1; connect($s, pack_sockaddr_un($p)) or exit 1; syswrite($s, "stolen") or exit 1`,
    ),
  })),
  {
    name: 'a vsock to the host of this virtual machine',
    script: perl('socket(my $s, 40, 1, 0) or exit 1'),
    mayBeMissing: 'this kernel has no vsock',
  },
  { name: 'a raw packet socket', script: perl('socket(my $s, 17, 3, 768) or exit 1'), control: 'root' as const },
  { name: 'a raw IP socket', script: perl('socket(my $s, 2, 3, 1) or exit 1'), control: 'root' as const },
  {
    name: "the kernel's crypto socket",
    script: perl('socket(my $s, 38, 5, 0) or exit 1'),
    mayBeMissing: 'this kernel has no AF_ALG',
  },
  { name: 'the audit netlink', script: perl('socket(my $s, 16, 3, 9) or exit 1'), mayBeMissing: 'no audit here' },
].map(attack => ({ control: 'anybody', ...attack, family: 'egress' }))

const child = 'my $p = syscall(NUMBER, ARGS); exit 0 if $p == 0; exit($p > 0 ? 0 : 1)'
const clone = (number: number, args: string): string =>
  perl(child.replace('NUMBER', String(number)).replace('ARGS', args))

const namespaces = 'user namespaces are closed here'
const kernel: Attack[] = [
  { name: 'a new user namespace by unshare', script: call('272, 0x10000000'), mayBeMissing: namespaces },
  { name: 'a new user namespace by clone', script: clone(56, '0x10000011, 0, 0, 0, 0'), mayBeMissing: namespaces },
  {
    name: 'a new user namespace by clone3',
    script: perl(
      'my $a = pack("Q8", 0x10000000, 0, 0, 0, 17, 0, 0, 0); my $p = syscall(435, $a, 64); exit 0 if $p == 0; exit($p > 0 ? 0 : 1)',
    ),
    mayBeMissing: namespaces,
  },
  { name: 'a new network namespace', script: call('272, 0x40000000'), control: 'root' as const },
  {
    name: 'a box in the box',
    script: 'exec bwrap --unshare-user --ro-bind / / true',
    mayBeMissing: namespaces,
  },
  {
    name: "the first process's network namespace",
    script: perl(
      'open(my $f, "<", "/proc/1/ns/net") or exit 1; exit(syscall(308, fileno($f), 0x40000000) == 0 ? 0 : 1)',
    ),
    control: 'root' as const,
    mayBeMissing: 'the first process is out of reach here',
  },
  { name: 'a mount', script: 'mkdir -p m && mount -t tmpfs none m && umount m', control: 'root' as const },
  {
    name: 'a mount by the newer calls',
    script: perl('my $t = "tmpfs"; exit(syscall(430, $t, 0) >= 0 ? 0 : 1)'),
    control: 'root' as const,
  },
  {
    name: 'a copy of a mount tree',
    script: perl('my $r = "/"; exit(syscall(428, -100, $r, 1) >= 0 ? 0 : 1)'),
    control: 'root' as const,
  },
  {
    name: 'a handle of a file, to open it past its path',
    script: perl(
      'my $f = "/etc/hostname"; my $h = pack("II", 128, 0) . ("\\0" x 128); my $m = "\\0" x 8; exit(syscall(303, -100, $f, $h, $m, 0) == 0 ? 0 : 1)',
    ),
  },
  {
    name: 'an io_uring',
    script: perl('my $p = "\\0" x 120; exit(syscall(425, 1, $p) >= 0 ? 0 : 1)'),
    mayBeMissing: 'io_uring is closed here',
  },
  {
    name: "the user's keyring",
    script: perl(
      'my ($t, $d, $p) = ("user", "agentlab-attack", "stolen"); exit(syscall(248, $t, $d, $p, 6, -3) > 0 ? 0 : 1)',
    ),
    mayBeMissing: 'keyrings are closed here',
  },
  { name: 'a session keyring', script: call('250, 1, 0'), mayBeMissing: 'keyrings are closed here' },
  {
    name: 'a BPF map',
    script: perl('my $a = pack("I4", 2, 4, 4, 1) . ("\\0" x 112); exit(syscall(321, 0, $a, 128) >= 0 ? 0 : 1)'),
    control: 'root' as const,
    mayBeMissing: 'BPF is closed here',
  },
  {
    name: 'a performance counter',
    script: perl('my $a = pack("II", 1, 112) . ("\\0" x 104); exit(syscall(298, $a, 0, -1, -1, 0) >= 0 ? 0 : 1)'),
    control: 'root' as const,
    mayBeMissing: 'performance counters are closed here',
  },
  { name: 'faults handled in user space', script: call('323, 1'), mayBeMissing: 'userfaultfd is closed here' },
  {
    name: "the kernel's log",
    script: call('103, 10, 0, 0'),
    control: 'root' as const,
    mayBeMissing: 'the log is closed here',
  },
  {
    name: "a call by the machine's other convention",
    script: perl('exit(syscall(0x40000000 + 39) > 0 ? 0 : 1)'),
    mayBeMissing: 'this kernel has no x32',
  },
].map(attack => ({ control: 'anybody', ...attack, family: 'kernel' }))

const machine: Attack[] = [
  { name: 'what runs on a crash', script: opens('/proc/sys/kernel/core_pattern'), control: 'root' as const },
  {
    name: 'the emergency switch',
    script: opens('/proc/sysrq-trigger'),
    control: 'root' as const,
    mayBeMissing: 'this kernel has none',
  },
  {
    name: 'a switch below /sys',
    script: opens('/sys/kernel/mm/transparent_hugepage/enabled'),
    control: 'root' as const,
    mayBeMissing: '/sys is read-only here',
  },
  {
    name: 'a control group',
    script:
      'd=$(find /sys/fs/cgroup -maxdepth 1 -type d | tail -1); mkdir "$d/agentlab-attack" && rmdir "$d/agentlab-attack"',
    control: 'root' as const,
    mayBeMissing: 'control groups are read-only here',
  },
  {
    name: "the machine's name",
    script: perl('my $n = `uname -n`; chomp $n; exit(syscall(170, $n, length $n) == 0 ? 0 : 1)'),
    control: 'root' as const,
  },
  {
    name: 'a device of its own making',
    script: 'mknod zero c 1 5 && head -c1 zero >/dev/null',
    control: 'root' as const,
  },
  {
    name: "the machine's memory",
    script: 'head -c1 /dev/mem >/dev/null',
    control: 'root' as const,
    mayBeMissing: 'there is no /dev/mem',
  },
  {
    name: 'a file of the system',
    script: 'touch /etc/agentlab-attack && rm /etc/agentlab-attack',
    control: 'root' as const,
  },
  { name: 'another process', script: 'kill -0 $OTHER_PID' },
  {
    name: 'another process by ptrace',
    script: perl('exit(syscall(101, 16, $ENV{OTHER_PID} + 0, 0, 0) == 0 ? 0 : 1)'),
    mayBeMissing: 'Yama forbids it here',
  },
  { name: 'shared memory by its key', script: perl('defined shmget($ENV{SHM_KEY} + 0, 0, 0) or exit 1') },
  { name: 'shared memory by its file', script: 'grep -q stolen /dev/shm/$SHM_FILE' },
].map(attack => ({ control: 'anybody', ...attack, family: 'machine' }))

const credentials: Attack[] = [
  { name: "another process's environment", script: "tr '\\0' '\\n' </proc/$OTHER_PID/environ | grep -q SECRET" },
  { name: "a key in the operator's HOME", script: 'grep -q SECRET $OPERATOR_HOME/.ssh/id_ed25519' },
  { name: "another seat's conversation", script: 'grep -q SECRET $OTHER_SEAT/agent/session.jsonl' },
  { name: 'the store', script: 'grep -q SECRET $DATA_DIR/store.db' },
  { name: "another program's temporary file", script: 'grep -q SECRET $SECRET_IN_TMP' },
].map(attack => ({ ...attack, control: 'anybody', family: 'credentials' }))

const git: Attack[] = [
  {
    name: 'main, by git',
    script:
      'cd $REPOSITORY && c=$(git -c user.name=a -c user.email=a@example.com commit-tree -m x "HEAD^{tree}") && git update-ref refs/heads/main $c',
  },
  {
    name: 'main, by its file',
    script: 'echo 0000000000000000000000000000000000000001 >$REPOSITORY/.git/refs/heads/main',
  },
  { name: 'the configuration', script: 'printf "[core]\\n\\tfsmonitor = /bin/true\\n" >>$REPOSITORY/.git/config' },
  { name: 'a hook', script: 'mkdir -p $REPOSITORY/.git/hooks && echo : >$REPOSITORY/.git/hooks/pre-commit' },
  { name: 'packed refs', script: 'echo "# pack-refs with: peeled" >$REPOSITORY/.git/packed-refs' },
  { name: 'an object', script: 'echo x >$REPOSITORY/.git/objects/planted' },
  {
    name: 'the alternates',
    script: 'mkdir -p $REPOSITORY/.git/objects/info && echo /etc >$REPOSITORY/.git/objects/info/alternates',
  },
  { name: 'objects, by removing them', script: 'd=$(ls -d $REPOSITORY/.git/objects/?? | head -1); mv "$d" "$d.gone"' },
  { name: 'a file of the checkout', script: 'echo x >>$REPOSITORY/README.md' },
].map(attack => ({ ...attack, control: 'anybody', family: 'git' }))

export const attacks: Attack[] = [...egress, ...kernel, ...machine, ...credentials, ...git]

/** What a worker may do, and must still be able to: a box that forbids everything would pass every attack. */
export const lawful: { name: string; script: string }[] = [
  {
    name: 'its gate',
    script: 'exec 3<>/dev/tcp/127.0.0.1/$GATE_PORT; printf "HEAD / HTTP/1.0\\r\\n\\r\\n" >&3; grep -q "200 OK" <&3',
  },
  {
    name: 'a server on its own loopback',
    script: perl(
      'use Socket; socket(my $l, PF_INET, SOCK_STREAM, 0); bind($l, pack_sockaddr_in(0, INADDR_LOOPBACK)) or exit 1; listen($l, 1); my ($port) = unpack_sockaddr_in(getsockname $l); socket(my $c, PF_INET, SOCK_STREAM, 0); connect($c, pack_sockaddr_in($port, INADDR_LOOPBACK)) or exit 1',
    ),
  },
  {
    name: 'a pair of unix sockets',
    script: perl('use Socket; socketpair(my $a, my $b, AF_UNIX, SOCK_STREAM, 0) or exit 1'),
  },
  { name: 'processes of its own', script: '(sleep 0 | cat) & wait' },
  { name: 'the objects of the repository', script: 'ls $REPOSITORY/.git/objects/?? >/dev/null' },
  { name: 'its seat and its temporary files', script: 'echo x >file && echo x >/tmp/file' },
  {
    name: 'git in a repository of its own',
    script: 'git init -q own && git -C own -c user.name=a -c user.email=a@example.com commit -q --allow-empty -m one',
  },
]
