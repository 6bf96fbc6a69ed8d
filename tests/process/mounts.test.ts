/** What of a disk a box sees: machines of several distributions laid out in a folder, and the policy's own places. */
import { mkdirSync, realpathSync, symlinkSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { inOrder, type Mount, mountsOf, systemMounts } from '../../src/process/mounts.ts'
import { trailOf } from '../../src/process/trail.ts'
import { remove, scratchDir } from './seat.ts'

let dir: string
beforeEach(() => {
  dir = realpathSync(scratchDir())
})
afterEach(() => remove(dir))

/** Names ending in `/` are folders, those with an arrow links, the others files. */
const lay = (...entries: string[]): void => {
  for (const entry of entries) {
    const [path, target] = entry.split(' -> ')
    const at = join(dir, path!)
    mkdirSync(entry.endsWith('/') && target === undefined ? at : dirname(at), { recursive: true })
    if (target !== undefined) symlinkSync(target, at)
    else if (!entry.endsWith('/')) writeFileSync(at, 'x')
  }
}

const words = (mounts: Mount[]): string[] =>
  mounts.map(mount => (mount.kind === 'link' ? `${mount.path} -> ${mount.target}` : `${mount.kind} ${mount.path}`))

describe('order', () => {
  test('goes from shallow to deep, so that the deepest decides', () => {
    const mounts: Mount[] = [
      { kind: 'write', path: '/opt/u/state/seat' },
      { kind: 'hideDirectory', path: '/opt/u/state' },
      { kind: 'read', path: '/opt/u' },
    ]
    expect(inOrder(mounts).map(mount => mount.path)).toEqual(['/opt/u', '/opt/u/state', '/opt/u/state/seat'])
  })

  test.each<[Mount['kind'], Mount['kind']]>([
    ['hideDirectory', 'read'],
    ['write', 'hideDirectory'],
    ['write', 'read'],
  ])('of one path, %s wins over %s', (stronger, weaker) => {
    const mount = (kind: Mount['kind']) => ({ kind, path: '/same' }) as Mount
    expect(inOrder([mount(stronger), mount(weaker)])).toEqual([mount(stronger)])
    expect(inOrder([mount(weaker), mount(stronger)])).toEqual([mount(stronger)])
  })
})

describe('a trail', () => {
  test('names each link on the way, and where it ends', () => {
    lay(
      'data/u/versions/2/bin/tool',
      'home -> data',
      'data/u/current -> versions/2',
      'data/u/tool -> ../u/current/bin/tool',
    )
    expect(trailOf('/home/u/tool', dir)).toEqual({
      links: [
        { path: '/home', target: 'data' },
        { path: '/data/u/tool', target: '../u/current/bin/tool' },
        { path: '/data/u/current', target: 'versions/2' },
      ],
      real: '/data/u/versions/2/bin/tool',
    })
  })

  test('leads nowhere where something is missing or links go in a circle', () => {
    lay('a -> b', 'b -> a', 'c -> gone')
    for (const path of ['/a', '/c', '/gone/too']) expect(trailOf(path, dir).real).toBe(null)
  })
})

describe('the system of', () => {
  const system = (): string[] => words(systemMounts(dir)).filter(word => word !== '/var/run -> /run')

  test('Debian, Ubuntu: one /usr, and of /etc what is public', () => {
    lay('usr/bin/', 'usr/lib/', 'usr/share/zoneinfo/UTC', 'bin -> usr/bin', 'sbin -> usr/sbin', 'usr/sbin/')
    lay('lib -> usr/lib', 'lib64 -> usr/lib64', 'usr/lib64/', 'etc/localtime -> /usr/share/zoneinfo/UTC')
    lay('etc/ssl/certs/', 'etc/ssl/private/key', 'etc/ssl/openssl.cnf', 'etc/ld.so.cache', 'etc/ld.so.conf.d/')
    lay('etc/alternatives/', 'etc/shadow', 'etc/passwd', 'etc/gitconfig', 'etc/ssh/', 'etc/debian_version')
    lay('etc/python3.11/', 'etc/hosts', 'home/u/.ssh/', 'root/', 'srv/', 'opt/x/', 'var/run -> /run', 'run/docker.sock')
    expect(system()).toEqual([
      '/bin -> usr/bin',
      '/lib -> usr/lib',
      '/lib64 -> usr/lib64',
      '/sbin -> usr/sbin',
      'read /usr',
      'read /etc/alternatives',
      'read /etc/debian_version',
      'read /etc/ld.so.cache',
      'read /etc/ld.so.conf.d',
      '/etc/localtime -> /usr/share/zoneinfo/UTC',
      'read /etc/python3.11',
      'read /etc/ssl/certs',
      'read /etc/ssl/openssl.cnf',
    ])
  })

  test('Alpine: folders of their own beside /usr, and musl’s search path', () => {
    lay('usr/', 'bin/busybox', 'sbin/', 'lib/ld-musl-x86_64.so.1', 'etc/ld-musl-x86_64.path', 'etc/alpine-release')
    lay('etc/ssl/certs/', 'etc/ssl/cert.pem -> certs/ca-certificates.crt', 'etc/ssl/certs/ca-certificates.crt')
    expect(system()).toEqual([
      'read /bin',
      'read /lib',
      'read /sbin',
      'read /usr',
      'read /etc/alpine-release',
      'read /etc/ld-musl-x86_64.path',
      '/etc/ssl/cert.pem -> certs/ca-certificates.crt',
      'read /etc/ssl/certs',
    ])
  })

  test('Fedora: certificates by way of /etc/pki, without its keys', () => {
    lay(
      'usr/bin/',
      'bin -> usr/bin',
      'sbin -> usr/sbin',
      'usr/sbin -> bin',
      'etc/pki/tls/certs/',
      'etc/pki/tls/private/k',
    )
    lay(
      'etc/ssl/certs -> ../pki/tls/certs',
      'etc/pki/ca-trust/extracted/',
      'etc/crypto-policies/',
      'etc/fedora-release',
    )
    expect(system()).toEqual([
      '/bin -> usr/bin',
      '/sbin -> usr/sbin',
      'read /usr',
      'read /etc/crypto-policies',
      'read /etc/fedora-release',
      'read /etc/pki/ca-trust',
      '/etc/ssl/certs -> ../pki/tls/certs',
      'read /etc/pki/tls/certs',
    ])
  })

  test('Arch: everything in /usr/bin', () => {
    lay('usr/bin/', 'usr/lib/', 'bin -> usr/bin', 'sbin -> usr/bin', 'lib -> usr/lib', 'lib64 -> usr/lib')
    lay(
      'etc/ca-certificates/extracted/',
      'etc/ssl/certs/',
      'etc/arch-release',
      'etc/os-release -> ../usr/lib/os-release',
    )
    lay('usr/lib/os-release')
    expect(system()).toEqual([
      '/bin -> usr/bin',
      '/lib -> usr/lib',
      '/lib64 -> usr/lib',
      '/sbin -> usr/bin',
      'read /usr',
      'read /etc/arch-release',
      'read /etc/ca-certificates',
      '/etc/os-release -> ../usr/lib/os-release',
      'read /etc/ssl/certs',
    ])
  })

  test('NixOS: settings are links to links into the store', () => {
    lay('usr/bin/', 'bin/', 'nix/store/1-etc/etc/ssl/certs/all.crt', 'nix/store/2-os-release')
    lay('etc/static -> /nix/store/1-etc/etc', 'etc/os-release -> /etc/static/os-release', 'etc/ssl/certs/')
    lay('nix/store/1-etc/etc/os-release -> /nix/store/2-os-release')
    expect(system()).toEqual([
      'read /bin',
      'read /usr',
      '/etc/os-release -> /etc/static/os-release',
      '/etc/static -> /nix/store/1-etc/etc',
      'read /etc/ssl/certs',
      'read /nix/store/2-os-release',
      'read /nix/store/1-etc/etc',
    ])
  })

  test('SUSE: certificates that lie below /var', () => {
    lay(
      'usr/',
      'var/lib/ca-certificates/pem/',
      'var/lib/secrets/',
      'etc/ssl/certs -> ../../var/lib/ca-certificates/pem',
    )
    expect(system()).toEqual([
      'read /usr',
      '/etc/ssl/certs -> ../../var/lib/ca-certificates/pem',
      'read /var/lib/ca-certificates',
    ])
  })
})

describe('a policy', () => {
  const of = (policy: Partial<Parameters<typeof mountsOf>[0]>): string[] =>
    words(mountsOf({ hidden: [], readable: [], writable: [], network: 'none', ...policy }))
      .filter(word => word.includes(dir))
      .map(word => word.replaceAll(`${dir}/`, ''))

  test('opens what it names and nothing around it', () => {
    lay('home/sdk/bin/go', 'home/.ssh/id', 'seat/')
    expect(
      of({ readable: [join(dir, 'home/sdk')], writable: [join(dir, 'seat')], hidden: [join(dir, 'home')] }),
    ).toEqual(['write seat', 'read home/sdk'])
  })

  test('shuts what lies in an open place, by its real name too, and leaves out what is not there', () => {
    lay('sdk/home/.ssh/', 'sdk/.npmrc', 'elsewhere -> sdk/home')
    const hidden = ['elsewhere', 'sdk/.npmrc', 'sdk/.netrc'].map(name => join(dir, name))
    expect(of({ readable: [join(dir, 'sdk')], hidden })).toEqual([
      'read sdk',
      'hideFile sdk/.npmrc',
      'hideDirectory sdk/home',
    ])
  })

  test('makes the links by which a readable place is named', () => {
    lay('versions/2/bin/tool', 'bin/tool -> ../current/bin/tool', 'current -> versions/2')
    expect(of({ readable: [join(dir, 'bin/tool')] })).toEqual([
      'current -> versions/2',
      'bin/tool -> ../current/bin/tool',
      'read versions/2/bin/tool',
    ])
  })

  test('does not open twice what lies in an open place', () => {
    lay('sdk/bin/go')
    expect(of({ readable: [join(dir, 'sdk'), join(dir, 'sdk/bin'), join(dir, 'absent')] })).toEqual(['read sdk'])
  })
})
