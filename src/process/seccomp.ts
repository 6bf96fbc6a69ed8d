/**
 * The filter of system calls for every process in a box, as a program for the kernel (seccomp(2), classic BPF). It closes
 * what namespaces and dropped capabilities leave open: sockets that no network namespace holds (vsock), io_uring,
 * keyrings, new namespaces, typing into a terminal. Pure: an architecture goes in, bytes come out.
 */
import { AgentLabError, exitCode } from '../domain/errors.ts'
import type { LaunchPolicy } from '../domain/launch.ts'
import { syscallsOf } from './syscalls.ts'

type Instruction = { code: number; yes?: number; no?: number; k: number }

const loadWord = (offset: number): Instruction => ({ code: 0x20, k: offset })
const ifEqual = (k: number, yes: number, no: number): Instruction => ({ code: 0x15, yes, no, k })
const ifAtLeast = (k: number, yes: number, no: number): Instruction => ({ code: 0x35, yes, no, k })
const ifAnyBit = (k: number, yes: number, no: number): Instruction => ({ code: 0x45, yes, no, k })
const answer = (k: number): Instruction => ({ code: 0x06, k })

// linux/seccomp.h and the errno numbers, which are the same on both architectures.
const allow = answer(0x7fff0000)
const kill = answer(0x80000000)
const fail = (errno: number): Instruction => answer(0x00050000 | errno)
const notPermitted = fail(1)
const noSuchCall = fail(38)
const noSuchFamily = fail(97)

// struct seccomp_data { int nr; __u32 arch; __u64 instruction_pointer; __u64 args[6]; }, little-endian.
const callNumber = loadWord(0)
const architecture = loadWord(4)
const argument = (index: number): Instruction => loadWord(16 + 8 * index)

/** Every CLONE_NEW… flag of clone(2) that asks for a namespace. */
const newNamespace = 0x7e02_0080

const families = { unix: 1, inet: 2, inet6: 10, netlink: 16 }
const routeOfNetlink = 0
/** ioctl(2) requests that type into a terminal as if its user had. */
const typing = [0x5412, 0x541c]

/** `body` decides the call `number`; it must end in an answer on every path. */
const onCall = (number: number, body: Instruction[]): Instruction[] => [ifEqual(number, 0, body.length), ...body]

/**
 * The filter of an architecture in Node's words (`x64`, `arm64`), or null where we know none. Where user namespaces are
 * allowed, so are the mounts made inside one; joining another process's namespaces is not.
 */
export const seccompFilter = (arch: string, { userNamespaces = false } = {}): Buffer | null => {
  const calls = syscallsOf(arch)
  if (calls === null) return null
  const denied = userNamespaces ? calls.denied.filter(number => !calls.ofNamespaces.includes(number)) : calls.denied
  const withoutNamespaces = [argument(0), ifAnyBit(newNamespace, 0, 1), notPermitted, allow]
  return encode([
    architecture,
    ifEqual(calls.audit, 1, 0),
    kill,
    callNumber,
    // The same machine's other calling convention has numbers of its own, which this table does not know.
    ...(calls.otherAbiFrom === null ? [] : [ifAtLeast(calls.otherAbiFrom, 0, 1), kill]),
    ...denied.flatMap(number => onCall(number, [notPermitted])),
    // Its flags lie in memory, where no filter can read them; every C library falls back to clone.
    ...onCall(calls.clone3, [noSuchCall]),
    ...(userNamespaces ? [] : [calls.clone, calls.unshare].flatMap(number => onCall(number, withoutNamespaces))),
    ...onCall(calls.socket, [
      argument(0),
      ifEqual(families.unix, 5, 0),
      ifEqual(families.inet, 4, 0),
      ifEqual(families.inet6, 3, 0),
      ifEqual(families.netlink, 0, 3),
      argument(2),
      ifEqual(routeOfNetlink, 0, 1),
      allow,
      noSuchFamily,
    ]),
    ...onCall(calls.socketpair, [argument(0), ifEqual(families.unix, 0, 1), allow, noSuchFamily]),
    ...onCall(calls.ioctl, [argument(1), ...typing.flatMap(request => [ifEqual(request, 0, 1), notPermitted]), allow]),
    allow,
  ])
}

/** The filter of this machine. @throws AgentLabError `no-wall` (exit 5) where its system calls are not known */
export const systemCallFilter = (policy: Pick<LaunchPolicy, 'userNamespaces'>): Buffer => {
  const filter = seccompFilter(process.arch, policy)
  if (filter !== null) return filter
  throw new AgentLabError(`launch failed on the box: there is no filter of system calls for ${process.arch}`, {
    code: 'no-wall',
    exit: exitCode.noWall,
    cure: 'Run AgentLab on x64 or arm64.',
  })
}

/** struct sock_filter { __u16 code; __u8 jt; __u8 jf; __u32 k; }, one after the other. */
const encode = (program: Instruction[]): Buffer => {
  const bytes = Buffer.alloc(program.length * 8)
  for (const [index, { code, yes = 0, no = 0, k }] of program.entries()) {
    bytes.writeUInt16LE(code, index * 8)
    bytes.writeUInt8(yes, index * 8 + 2)
    bytes.writeUInt8(no, index * 8 + 3)
    bytes.writeUInt32LE(k >>> 0, index * 8 + 4)
  }
  return bytes
}
