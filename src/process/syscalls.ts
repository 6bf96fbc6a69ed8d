/** System call numbers the box's filter speaks of, by architecture (the kernel's tables: syscall_64.tbl, unistd.h). */

export interface Syscalls {
  /** AUDIT_ARCH_… of linux/audit.h: what the kernel calls this architecture. */
  audit: number
  /** From this number on, calls belong to another convention of the same machine (x32), or null. */
  otherAbiFrom: number | null
  clone: number
  clone3: number
  unshare: number
  socket: number
  socketpair: number
  ioctl: number
  /** Never allowed, but for `ofNamespaces` where a box may make namespaces. */
  denied: number[]
  /** Those of `denied` by which a new mount namespace is furnished. */
  ofNamespaces: number[]
}

/** Denied calls, each with its number on x64 and on arm64; null where the architecture has none. */
const denied: Record<string, [x64: number | null, arm64: number | null]> = {
  // Rings of requests that the kernel carries out past any filter of calls.
  io_uring_setup: [425, 425],
  io_uring_enter: [426, 426],
  io_uring_register: [427, 427],
  // Keyrings belong to the user, not to a namespace.
  add_key: [248, 217],
  request_key: [249, 218],
  keyctl: [250, 219],
  // Large doors into the kernel that no tool of a repository needs.
  bpf: [321, 280],
  perf_event_open: [298, 241],
  userfaultfd: [323, 282],
  lookup_dcookie: [212, 18],
  syslog: [103, 116],
  // Namespaces and mounts: the box is built when its command starts.
  setns: [308, 268],
  mount: [165, 40],
  umount2: [166, 39],
  pivot_root: [155, 41],
  open_tree: [428, 428],
  move_mount: [429, 429],
  fsopen: [430, 430],
  fsconfig: [431, 431],
  fsmount: [432, 432],
  fspick: [433, 433],
  mount_setattr: [442, 442],
  name_to_handle_at: [303, 264],
  open_by_handle_at: [304, 265],
  fanotify_init: [300, 262],
  // The machine itself.
  swapon: [167, 224],
  swapoff: [168, 225],
  reboot: [169, 142],
  kexec_load: [246, 104],
  kexec_file_load: [320, 294],
  init_module: [175, 105],
  finit_module: [313, 273],
  delete_module: [176, 106],
  acct: [163, 89],
  quotactl: [179, 60],
  settimeofday: [164, 170],
  clock_settime: [227, 112],
  vhangup: [153, 58],
  iopl: [172, null],
  ioperm: [173, null],
}

const deniedOn = (column: 0 | 1): Pick<Syscalls, 'denied' | 'ofNamespaces'> => ({
  denied: Object.values(denied).flatMap(numbers => (numbers[column] === null ? [] : [numbers[column]])),
  ofNamespaces: ['mount', 'umount2', 'pivot_root'].map(name => denied[name]![column]!),
})

const tables: Record<string, Syscalls> = {
  x64: {
    audit: 0xc000_003e,
    otherAbiFrom: 0x4000_0000,
    clone: 56,
    clone3: 435,
    unshare: 272,
    socket: 41,
    socketpair: 53,
    ioctl: 16,
    ...deniedOn(0),
  },
  arm64: {
    audit: 0xc000_00b7,
    otherAbiFrom: null,
    clone: 220,
    clone3: 435,
    unshare: 97,
    socket: 198,
    socketpair: 199,
    ioctl: 29,
    ...deniedOn(1),
  },
}

/** The numbers of an architecture in Node's words, or null where they are not known. */
export const syscallsOf = (arch: string): Syscalls | null => tables[arch] ?? null
