/** Further decoys of the suite: beyond loopback, to many at once, by datagram, by pipe, by key. */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { createSocket, type Socket } from 'node:dgram'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { type AddressInfo, createServer } from 'node:net'
import { networkInterfaces } from 'node:os'
import { basename, join } from 'node:path'
import type { Decoys } from '../../src/app/walls/decoys.ts'
import type { Place } from '../../src/app/walls/place.ts'
import { numberOf } from '../../src/lanes/walls/calls.ts'

const group = '239.255.13.37'
const nobody = '127.0.0.1'

export const openMoreDecoys = async (place: Place): Promise<Decoys> => {
  let bytes = 0
  const count = (data: Buffer): void => {
    bytes += data.length
  }
  const address = ownAddress() ?? nobody
  const server = createServer(socket => void socket.on('data', count).on('error', () => {}))
  await new Promise<void>(done => server.listen(0, address, done))
  const many = await datagramSocket('0.0.0.0')
  many.on('message', (data, from) => {
    count(data)
    many.send('heard', from.port, from.address)
  })
  many.addMembership(group, nobody)
  const datagrams = join(place.dir, 'log.sock')
  const pipe = join(place.names.SHARED_FOLDER!, 'pipe')
  spawnSync('mkfifo', [pipe])
  const helpers = [
    await helper('perl', ['-e', receiver, datagrams]),
    await helper('sh', ['-c', `echo here; exec cat <>"$0"`, pipe]),
  ]
  for (const child of helpers) child.stdout!.on('data', count)
  const key = 0x5a17_0000 + (process.pid & 0xffff)
  const keyName = basename(place.dir)
  const shared = spawnSync('perl', ['-e', sharing, String(key), keyName], { encoding: 'utf8' }).stdout.split(' ')
  return {
    names: {
      MACHINE_ADDRESS: address,
      MACHINE_PORT: String((server.address() as AddressInfo).port),
      MULTICAST_GROUP: group,
      MULTICAST_PORT: String(many.address().port),
      BROADCAST_PORT: String(many.address().port),
      DATAGRAM_SOCKET: datagrams,
      SHM_KEY: String(key),
      KEY_NAME: keyName,
      NAMESERVER: /^nameserver\s+([\d.]+)/m.exec(readFileSync('/etc/resolv.conf', 'utf8'))?.[1] ?? '',
      ELSEWHERE: process.env.ELSEWHERE ?? '/nowhere',
    },
    bytes: () => bytes,
    close: async () => {
      for (const child of helpers) child.kill('SIGKILL')
      spawnSync('ipcrm', ['-m', shared[0]!, '-q', shared[1]!, '-s', shared[2]!])
      many.close()
      await new Promise(done => server.close(done))
    },
  }
}

const ownAddress = (): string | undefined =>
  Object.values(networkInterfaces())
    .flat()
    .find(found => found?.family === 'IPv4' && !found.internal)?.address

const datagramSocket = async (address: string): Promise<Socket> => {
  const socket = createSocket({ type: 'udp4', reuseAddr: true })
  await new Promise<void>(done => socket.bind(0, address, done))
  return socket
}

const receiver =
  '$| = 1; use Socket; socket(my $s, PF_UNIX, SOCK_DGRAM, 0); bind($s, pack_sockaddr_un($ARGV[0])) or die; print "here"; while (defined recv($s, my $m, 4096, 0)) { print $m }'

/** One of each kind under a key, and a key in the user's keyring. */
const sharing = `print join " ", shmget($ARGV[0], 64, 01600), msgget($ARGV[0], 01600), semget($ARGV[0], 1, 01600); my ($t, $p) = ("user", "SECRET"); syscall(${numberOf('add_key')}, $t, $ARGV[1], $p, 6, -4)`

/** Started, and heard of: what it says first is taken. */
const helper = async (file: string, args: string[]): Promise<ChildProcess> => {
  const child = spawn(file, args, { stdio: ['ignore', 'pipe', 'inherit'] })
  await once(child.stdout!, 'data')
  return child
}
