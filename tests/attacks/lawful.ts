/** What a worker may do, and must still be able to: a box that forbids everything would pass every attack. */
import { type Guarantee, perl } from '../../src/lanes/walls/attack.ts'

export const lawful: Guarantee = {
  name: 'lawful',
  protects: 'A worker can work.',
  means: '',
  cure: '',
  attacks: [
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
    { name: 'its seat and its temporary files', script: 'echo x >file && echo x >/tmp/file && echo x >$TMPDIR/file' },
    { name: 'a tool that is let in', script: '$OPERATOR_HOME/.cargo/bin/tool' },
    {
      name: 'git in a repository of its own',
      script: 'git init -q own && git -C own -c user.name=a -c user.email=a@example.com commit -q --allow-empty -m one',
    },
  ],
}
