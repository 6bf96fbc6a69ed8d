/** The arguments of bubblewrap for a policy, one function a concern. Pure: what must be looked up comes in as facts. */
import type { LaunchCommand, LaunchPolicy } from '../domain/launch.ts'
import { type BoxUser, boxName, userIn } from './box-files.ts'
import { bridgeWords } from './gate-bridge.ts'
import { type HostFacts, limitedBy } from './host-facts.ts'
import type { Mount } from './mounts.ts'
import { memoryPlaces } from './system-places.ts'

export interface BoxParts {
  mounts: Mount[]
  /** Files of the box's own, each with the descriptor its content comes on. */
  files: { path: string; descriptor: number }[]
  /** On it comes the filter of system calls. */
  filterDescriptor: number
}

/**
 * Arguments for bubblewrap, without its own name. The environment is not among them: arguments can be read by every
 * user of the machine, so bubblewrap is started with exactly the command's environment and hands it on.
 */
export const bubblewrapArguments = (
  policy: LaunchPolicy,
  command: Pick<LaunchCommand, 'file' | 'args' | 'cwd'>,
  { mounts, files, filterDescriptor }: BoxParts,
  facts: HostFacts,
): string[] => [
  ...namespaces(policy, facts),
  ...network(policy),
  ...privileges(),
  ...systemCalls(filterDescriptor),
  ...lifetime(),
  ...memory(),
  ...kernelFileSystems(facts),
  ...mounts.flatMap(mountArguments),
  ...ownFiles(files),
  ...mounts.flatMap(sealed),
  // The root itself is empty memory: writing there must fail instead of being lost.
  ...seal('/'),
  '--chdir',
  command.cwd,
  '--',
  ...bridgeWords(policy.network, facts),
  ...limits(policy, facts),
  command.file,
  ...command.args,
]

const namespaces = (policy: LaunchPolicy, facts: HostFacts): string[] => [
  // Root gets one too: root inside is then nobody's root outside.
  '--unshare-user',
  // A second wall behind the filter of system calls. bubblewrap knows it from 0.8.0 on; an older one starts nothing.
  ...(policy.userNamespaces ? user(userIn(policy, facts)) : ['--disable-userns']),
  '--unshare-pid',
  '--unshare-ipc',
  '--unshare-uts',
  '--unshare-cgroup-try',
  '--hostname',
  boxName,
]

const user = ({ uid, gid }: BoxUser): string[] => ['--uid', String(uid), '--gid', String(gid)]

// Abstract unix sockets go with the network namespace; only loopback is up in a new one.
const network = (policy: LaunchPolicy): string[] => (policy.network === 'host' ? [] : ['--unshare-net'])

// What neither namespaces nor capabilities hold (process/seccomp.ts).
const systemCalls = (filterDescriptor: number): string[] => ['--seccomp', String(filterDescriptor)]

// Started by root, bubblewrap would keep every capability and root could remount the disk writable (measured).
const privileges = (): string[] => ['--cap-drop', 'ALL']

// A session of its own has no controlling terminal to type into (TIOCSTI).
const lifetime = (): string[] => ['--die-with-parent', '--new-session']

type MemoryPlace = (typeof memoryPlaces)[number]

const temporary = ({ path, mode, sizeBytes }: MemoryPlace): string[] => [
  ...['--perms', mode],
  ...['--size', String(sizeBytes)],
  ...['--tmpfs', path],
]

const memory = (): string[] => memoryPlaces.flatMap(temporary)

const sharedMemory: MemoryPlace = { path: '/dev/shm', mode: '1777', sizeBytes: 256 * 1024 ** 2 }

const kernelFileSystems = ({ tellingFiles }: HostFacts): string[] => [
  '--proc',
  '/proc',
  // Root's uid alone may write kernel.core_pattern and the like (measured).
  '--ro-bind',
  '/proc/sys',
  '/proc/sys',
  ...tellingFiles.flatMap(path => ['--ro-bind', '/dev/null', path]),
  '--dev',
  '/dev',
  ...seal('/dev'),
  ...temporary(sharedMemory),
]

const mountArguments = (mount: Mount): string[] => {
  switch (mount.kind) {
    case 'hideDirectory':
      return ['--perms', '0755', '--tmpfs', mount.path]
    case 'hideFile':
      return ['--ro-bind', '/dev/null', mount.path]
    case 'read':
      return ['--ro-bind', mount.path, mount.path]
    case 'write':
      return ['--bind', mount.path, mount.path]
    case 'link':
      return ['--symlink', mount.target, mount.path]
  }
}

// Written into the root, which is sealed afterwards: a mount for each would take longer.
const ownFiles = (files: BoxParts['files']): string[] =>
  files.flatMap(({ path, descriptor }) => ['--perms', '0644', '--file', String(descriptor), path])

const sealed = ({ kind, path }: Mount): string[] => (kind === 'hideDirectory' ? seal(path) : [])

const seal = (path: string): string[] => ['--remount-ro', path]

// Set inside the box, so that they bind the command and not bubblewrap, and the process count starts from nothing.
const limits = ({ limits: { openFiles, fileBytes, processes } }: LaunchPolicy, facts: HostFacts): string[] =>
  limitedBy({ openFiles, fileBytes, processes: facts.canLimitProcesses ? processes : null }, facts)
