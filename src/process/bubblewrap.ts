/** The arguments of bubblewrap for a policy, one function a concern. Pure: what must be looked up comes in as facts. */
import type { LaunchCommand, LaunchPolicy } from '../domain/launch.ts'
import { bridgeWords } from './gate-bridge.ts'
import { type HostFacts, limitedBy } from './host-facts.ts'
import type { Mount } from './mounts.ts'

/**
 * Arguments for bubblewrap, without its own name. The environment is not among them: arguments can be read by every
 * user of the machine, so bubblewrap is started with exactly the command's environment and hands it on. On
 * `filterDescriptor` it is to be given the filter of system calls.
 */
export const bubblewrapArguments = (
  policy: LaunchPolicy,
  command: Pick<LaunchCommand, 'file' | 'args' | 'cwd'>,
  mounts: Mount[],
  facts: HostFacts,
  filterDescriptor: number,
): string[] => [
  ...namespaces(),
  ...network(policy),
  ...privileges(),
  ...systemCalls(filterDescriptor),
  ...lifetime(),
  ...rootFileSystem(),
  ...mounts.flatMap(mountArguments),
  ...mounts.flatMap(sealed),
  ...kernelFileSystems(),
  '--chdir',
  command.cwd,
  '--',
  ...bridgeWords(policy.network, facts),
  ...limits(policy, facts),
  command.file,
  ...command.args,
]

const namespaces = (): string[] => [
  // As root the user namespace is not needed, but with it root inside is nobody's root outside (measured: 0 ms).
  '--unshare-user-try',
  '--unshare-pid',
  '--unshare-ipc',
  '--unshare-uts',
  '--unshare-cgroup-try',
]

// Abstract unix sockets go with the network namespace; only loopback is up in a new one.
const network = (policy: LaunchPolicy): string[] => (policy.network === 'host' ? [] : ['--unshare-net'])

// What neither namespaces nor capabilities hold (process/seccomp.ts).
const systemCalls = (filterDescriptor: number): string[] => ['--seccomp', String(filterDescriptor)]

// Started by root, bubblewrap would keep every capability and root could remount the disk writable (measured).
const privileges = (): string[] => ['--cap-drop', 'ALL']

// A session of its own has no controlling terminal to type into (TIOCSTI).
const lifetime = (): string[] => ['--die-with-parent', '--new-session']

const rootFileSystem = (): string[] => ['--ro-bind', '/', '/']

const kernelFileSystems = (): string[] => [
  '--dev',
  '/dev',
  '--proc',
  '/proc',
  // Root's uid alone may write kernel.core_pattern and the like (measured).
  '--ro-bind',
  '/proc/sys',
  '/proc/sys',
]

const mountArguments = ({ kind, path }: Mount): string[] => {
  switch (kind) {
    case 'hideDirectory':
      return ['--perms', isShared(path) ? '1777' : '0755', '--tmpfs', path]
    case 'hideFile':
      return ['--ro-bind', '/dev/null', path]
    case 'read':
      return ['--ro-bind', path, path]
    case 'write':
      return ['--bind', path, path]
  }
}

const isShared = (path: string): boolean => ['/tmp', '/var/tmp', '/run', '/var/run'].includes(path)

// What stands in for a hidden directory is empty memory: writing there must fail instead of being lost.
const sealed = ({ kind, path }: Mount): string[] =>
  kind === 'hideDirectory' && !isShared(path) ? ['--remount-ro', path] : []

// Set inside the box, so that they bind the command and not bubblewrap, and the process count starts from nothing.
const limits = ({ limits: { openFiles, fileBytes, processes } }: LaunchPolicy, facts: HostFacts): string[] =>
  limitedBy({ openFiles, fileBytes, processes: facts.canLimitProcesses ? processes : null }, facts)
