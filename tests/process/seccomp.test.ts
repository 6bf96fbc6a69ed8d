/** The filter of system calls as a program: run by a small interpreter of the kernel's, for both architectures. */
import { describe, expect, test } from 'vitest'
import { seccompFilter } from '../../src/process/seccomp.ts'
import { syscallsOf } from '../../src/process/syscalls.ts'

const arches = ['x64', 'arm64']
const verdicts: Record<number, string> = {
  2147418112: 'allowed',
  2147483648: 'killed',
  327681: 'EPERM',
  327718: 'ENOSYS',
  327777: 'EAFNOSUPPORT',
}

/** What the kernel would do on a call: classic BPF as seccomp(2) allows it, no more than the filter uses. */
const run = (filter: Buffer, call: { arch: number; nr: number; args?: number[] }): string => {
  const data = Buffer.alloc(64)
  data.writeUInt32LE(call.nr, 0)
  data.writeUInt32LE(call.arch, 4)
  for (const [index, value] of (call.args ?? []).entries()) data.writeBigUInt64LE(BigInt(value), 16 + 8 * index)
  let accumulator = 0
  for (let at = 0; at < filter.length / 8; at++) {
    const code = filter.readUInt16LE(at * 8)
    const [yes, no] = [filter[at * 8 + 2]!, filter[at * 8 + 3]!]
    const k = filter.readUInt32LE(at * 8 + 4)
    if (code === 0x06) return verdicts[k] ?? `unknown answer ${k}`
    if (code === 0x20) accumulator = data.readUInt32LE(k)
    else {
      const holds = { 21: accumulator === k, 53: accumulator >= k, 69: (accumulator & k) !== 0 }[code]
      if (holds === undefined) throw new Error(`unknown instruction ${code}`)
      at += holds ? yes : no
    }
  }
  throw new Error('the program ran past its end')
}

describe.each(arches)('on %s', arch => {
  const calls = syscallsOf(arch)!
  const filter = seccompFilter(arch)!
  const say = (nr: number, ...args: number[]): string => run(filter, { arch: calls.audit, nr, args })

  test('lets ordinary calls pass', () => {
    for (const nr of [0, 1, 59, 63, 64, 200, 221]) if (!calls.denied.includes(nr)) expect(say(nr)).toBe('allowed')
  })

  test('denies every call of the table', () => {
    expect(calls.denied.length).toBeGreaterThan(30)
    expect(new Set(calls.denied).size).toBe(calls.denied.length)
    for (const nr of calls.denied) expect(say(nr)).toBe('EPERM')
  })

  test.each([
    ['mount', 0x0002_0000],
    ['cgroup', 0x0200_0000],
    ['uts', 0x0400_0000],
    ['ipc', 0x0800_0000],
    ['user', 0x1000_0000],
    ['pid', 0x2000_0000],
    ['net', 0x4000_0000],
    ['time', 0x80],
  ])('denies a new %s namespace, by clone and by unshare', (_, flag) => {
    expect(say(calls.clone, flag | 17)).toBe('EPERM')
    expect(say(calls.unshare, flag)).toBe('EPERM')
  })

  test('lets processes and threads be made, and sends clone3 back to clone', () => {
    expect(say(calls.clone, 17)).toBe('allowed')
    expect(say(calls.clone, 0x3d0f00)).toBe('allowed')
    expect(say(calls.clone3)).toBe('ENOSYS')
  })

  test.each([
    [1, 0, 'allowed'],
    [2, 6, 'allowed'],
    [10, 17, 'allowed'],
    [16, 0, 'allowed'],
    [16, 9, 'EAFNOSUPPORT'],
    [17, 0, 'EAFNOSUPPORT'],
    [31, 0, 'EAFNOSUPPORT'],
    [38, 0, 'EAFNOSUPPORT'],
    [40, 0, 'EAFNOSUPPORT'],
  ])('a socket of family %i with protocol %i is %s', (family, protocol, verdict) => {
    expect(say(calls.socket, family, 1, protocol)).toBe(verdict)
  })

  test('pairs of sockets are of the unix family', () => {
    expect(say(calls.socketpair, 1)).toBe('allowed')
    expect(say(calls.socketpair, 30)).toBe('EAFNOSUPPORT')
  })

  test('nothing is typed into a terminal; other requests pass', () => {
    expect(say(calls.ioctl, 0, 0x5412)).toBe('EPERM')
    expect(say(calls.ioctl, 0, 0x541c)).toBe('EPERM')
    expect(say(calls.ioctl, 0, 0x5413)).toBe('allowed')
  })

  test('ends a process that calls by another architecture', () => {
    for (const other of arches
      .filter(one => one !== arch)
      .map(one => syscallsOf(one)!.audit)
      .concat(0x4000_0003))
      expect(run(filter, { arch: other, nr: 0 })).toBe('killed')
  })
})

test('ends a process that calls by x32', () => {
  const { audit } = syscallsOf('x64')!
  expect(run(seccompFilter('x64')!, { arch: audit, nr: 0x4000_0000 })).toBe('killed')
})

test('there is none for an architecture whose calls are not known', () => {
  expect(seccompFilter('riscv64')).toBeNull()
})
