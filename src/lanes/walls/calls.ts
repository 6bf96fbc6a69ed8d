/** System calls by name for the attacks' scripts, which know them by number only (syscall_64.tbl, unistd.h). */
import { perl } from './attack.ts'

const numbers: Record<string, readonly [x64: number | null, arm64: number | null]> = {
  acct: [163, 89],
  add_key: [248, 217],
  adjtimex: [159, 171],
  bpf: [321, 280],
  capset: [126, 91],
  chroot: [161, 51],
  clock_settime: [227, 112],
  clone: [56, 220],
  clone3: [435, 435],
  delete_module: [176, 106],
  fanotify_init: [300, 262],
  fsopen: [430, 430],
  init_module: [175, 105],
  io_uring_setup: [425, 425],
  ioperm: [173, null],
  iopl: [172, null],
  kcmp: [312, 272],
  kexec_load: [246, 104],
  keyctl: [250, 219],
  mount: [165, 40],
  move_pages: [279, 239],
  name_to_handle_at: [303, 264],
  open_tree: [428, 428],
  perf_event_open: [298, 241],
  pidfd_getfd: [438, 438],
  pidfd_open: [434, 434],
  pivot_root: [155, 41],
  prlimit64: [302, 261],
  process_vm_readv: [310, 270],
  ptrace: [101, 117],
  quotactl: [179, 60],
  request_key: [249, 218],
  sched_setscheduler: [144, 119],
  sethostname: [170, 161],
  setns: [308, 268],
  setsid: [112, 157],
  setpriority: [141, 140],
  swapon: [167, 224],
  syslog: [103, 116],
  umount2: [166, 39],
  unshare: [272, 97],
  userfaultfd: [323, 282],
}

/** The number of a call on this machine; -1, which no machine knows, where the architecture has none or is not known. */
export const numberOf = (name: string): number => {
  const row = numbers[name]
  if (row === undefined) throw new Error(`there is no number for the system call ${name}`)
  return { x64: row[0], arm64: row[1] }[process.arch as string] ?? -1
}

/** Succeeds when the system call gives no error. `args` are Perl: `0x10000000`, `$buffer`. */
export const calls = (name: string, args: string, before = ''): string =>
  perl(`${before}exit(syscall(${[numberOf(name), args].filter(part => part !== '').join(', ')}) >= 0 ? 0 : 1)`)

/**
 * Succeeds when the kernel looks at the arguments, which make no sense, instead of refusing the call (EPERM, ENOSYS):
 * for calls that must not be carried out even where they may be.
 */
export const reaches = (name: string, args: string, before = ''): string =>
  perl(`${before}my $r = syscall(${numberOf(name)}, ${args}); exit($r >= 0 || ($! != 1 && $! != 38) ? 0 : 1)`)
