/** bubblewrap's arguments, and the limits among them. Pure. */
import { describe, expect, test } from 'vitest'
import { bubblewrapArguments } from '../../src/process/bubblewrap.ts'
import { countsProcessesPerNamespace, limitedBy } from '../../src/process/host-facts.ts'
import type { Mount } from '../../src/process/mounts.ts'
import { policyFor } from './seat.ts'

const facts = {
  prlimit: '/usr/bin/prlimit',
  socat: '/usr/bin/socat',
  canLimitProcesses: true,
  tellingFiles: ['/proc/keys'],
  maxOpenFiles: 1_000,
  ownTools: [],
  uid: 1_000,
  gid: 1_000,
}
const command = { file: '/usr/bin/true', args: ['--flag', 'a b'], cwd: '/seat' }

describe('bubblewrap’s arguments', () => {
  const mounts: Mount[] = [
    { kind: 'link', path: '/bin', target: 'usr/bin' },
    { kind: 'read', path: '/opt/sdk' },
    { kind: 'hideDirectory', path: '/opt/sdk/home' },
    { kind: 'hideFile', path: '/opt/sdk/.npmrc' },
    { kind: 'write', path: '/opt/sdk/home/seat' },
  ]
  const parts = { mounts, files: [{ path: '/etc/passwd', descriptor: 5 }], filterDescriptor: 4 }
  const text = bubblewrapArguments(policyFor('/seat', 'boxed'), command, parts, facts).join(' ')

  test('name every wall', () => {
    for (const wall of [
      '--unshare-user --disable-userns',
      '--unshare-pid',
      '--unshare-ipc',
      '--unshare-uts',
      '--cap-drop ALL',
      '--die-with-parent',
      '--new-session',
      '--seccomp 4',
      '--proc /proc',
      '--ro-bind /proc/sys /proc/sys',
      '--remount-ro /dev',
    ]) {
      expect(text).toContain(wall)
    }
  })

  test('never bring the whole disk', () => {
    expect(text).not.toMatch(/bind(?:-try)? \/ /)
  })

  test('put the mounts in the order given, then its own files, and seal last what is not on disk', () => {
    expect(text).toContain(
      [
        '--symlink usr/bin /bin',
        '--ro-bind /opt/sdk /opt/sdk',
        '--perms 0755 --tmpfs /opt/sdk/home',
        '--ro-bind /dev/null /opt/sdk/.npmrc',
        '--bind /opt/sdk/home/seat /opt/sdk/home/seat',
        '--perms 0644 --file 5 /etc/passwd',
        '--remount-ro /opt/sdk/home',
        '--remount-ro /',
        '--chdir',
      ].join(' '),
    )
  })

  test('give temporary files a size', () => {
    for (const place of ['/tmp', '/var/tmp', '/run', '/dev/shm'])
      expect(text).toMatch(new RegExp(`--size \\d+ --tmpfs ${place} `))
  })

  test('leave the second wall against namespaces out where they are allowed', () => {
    const policy = policyFor('/seat', 'boxed', { userNamespaces: true })
    const words = bubblewrapArguments(policy, command, parts, facts)
    expect(words).toContain('--unshare-user')
    expect(words).not.toContain('--disable-userns')
  })

  test('end with the command, its limits before it', () => {
    expect(text).toMatch(
      /--chdir \/seat -- \/usr\/bin\/prlimit --core=0 --nofile=256 --fsize=\d+ --nproc=200 -- \/usr\/bin\/true --flag a b$/,
    )
  })

  test('hold no environment', () => {
    expect(text).not.toContain('--setenv')
  })
})

describe('limits', () => {
  const wanted = { openFiles: 4_096, fileBytes: 10, processes: null }

  test('never ask for more open files than the machine allows', () => {
    expect(limitedBy(wanted, facts)).toContain('--nofile=1000')
  })

  test('leave out what can’t be limited', () => {
    expect(limitedBy(wanted, facts).join(' ')).not.toContain('nproc')
    expect(limitedBy(wanted, { ...facts, prlimit: null })).toEqual([])
  })

  test.each([
    ['5.10.0-28-amd64', false],
    ['5.14.0', true],
    ['6.8.0-45-generic', true],
    ['4.19.0', false],
  ])('on kernel %s count processes per box: %s', (kernel, counts) => {
    expect(countsProcessesPerNamespace(kernel)).toBe(counts)
  })
})
