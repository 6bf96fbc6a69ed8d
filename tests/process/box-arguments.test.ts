/** The pure parts of the box: order of mounts and bubblewrap's arguments. */
import { describe, expect, test } from 'vitest'
import { bubblewrapArguments } from '../../src/process/bubblewrap.ts'
import { countsProcessesPerNamespace, limitedBy } from '../../src/process/host-facts.ts'
import { inOrder, type Mount } from '../../src/process/mounts.ts'
import { policyFor } from './seat.ts'

const facts = {
  prlimit: '/usr/bin/prlimit',
  socat: '/usr/bin/socat',
  canLimitProcesses: true,
  maxOpenFiles: 1_000,
}
const command = { file: '/usr/bin/true', args: ['--flag', 'a b'], cwd: '/seat' }

describe('mounts', () => {
  test('go from shallow to deep, so that the deepest decides', () => {
    const mounts: Mount[] = [
      { kind: 'write', path: '/home/u/state/seat' },
      { kind: 'read', path: '/home/u/.nvm' },
      { kind: 'hideDirectory', path: '/home/u' },
      { kind: 'hideDirectory', path: '/home/u/state' },
    ]
    expect(inOrder(mounts).map(mount => mount.path)).toEqual([
      '/home/u',
      '/home/u/.nvm',
      '/home/u/state',
      '/home/u/state/seat',
    ])
  })

  test('of one path: writable wins over hidden, hidden over readable', () => {
    const path = '/same'
    expect(
      inOrder([
        { kind: 'hideDirectory', path },
        { kind: 'read', path },
      ]),
    ).toEqual([{ kind: 'hideDirectory', path }])
    expect(
      inOrder([
        { kind: 'write', path },
        { kind: 'hideDirectory', path },
      ]),
    ).toEqual([{ kind: 'write', path }])
  })
})

describe('bubblewrap’s arguments', () => {
  const mounts: Mount[] = [
    { kind: 'hideDirectory', path: '/tmp' },
    { kind: 'hideDirectory', path: '/home/u' },
    { kind: 'read', path: '/home/u/tool' },
    { kind: 'write', path: '/seat' },
  ]
  const text = bubblewrapArguments(policyFor('/seat', 'boxed'), command, mounts, facts, 4).join(' ')

  test('name every wall', () => {
    for (const wall of [
      '--unshare-pid',
      '--unshare-ipc',
      '--unshare-uts',
      '--cap-drop ALL',
      '--die-with-parent',
      '--new-session',
      '--ro-bind / /',
      '--proc /proc',
      '--ro-bind /proc/sys /proc/sys',
    ]) {
      expect(text).toContain(wall)
    }
  })

  test('put the mounts after the read-only disk, in the order given', () => {
    expect(text).toContain(
      '--perms 1777 --tmpfs /tmp --perms 0755 --tmpfs /home/u --ro-bind /home/u/tool /home/u/tool --bind /seat /seat --remount-ro /home/u',
    )
    expect(text.indexOf('--ro-bind / /')).toBeLessThan(text.indexOf('--tmpfs /tmp'))
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
