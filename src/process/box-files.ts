/** Files of /etc that a box gets of its own: no name of the machine, of its users or of its network is in them. */
import { readFileSync } from 'node:fs'
import type { LaunchPolicy, Network } from '../domain/launch.ts'

export interface BoxFile {
  path: string
  content: string
}

export interface BoxUser {
  uid: number
  gid: number
}

/**
 * Who a box's processes are, inside: the same as outside. Only root that may make namespaces is somebody else, for
 * without capabilities the kernel gives no namespace to uid 0 (user_namespaces(7), CAP_SETFCAP).
 */
export const userIn = ({ userNamespaces }: Pick<LaunchPolicy, 'userNamespaces'>, { uid, gid }: BoxUser): BoxUser =>
  userNamespaces && uid === 0 ? { uid: 1_000, gid: 1_000 } : { uid, gid }

/** What the box's own name is, inside. */
export const boxName = 'agentlab'

export const boxFiles = (network: Network, user: BoxUser): BoxFile[] => [
  { path: '/etc/passwd', content: passwd(user) },
  { path: '/etc/group', content: group(user) },
  { path: '/etc/nsswitch.conf', content: 'passwd: files\ngroup: files\nhosts: files dns\nservices: files\n' },
  ...(network === 'host'
    ? ['/etc/hosts', '/etc/resolv.conf'].map(path => ({ path, content: contentOf(path) }))
    : [
        { path: '/etc/hosts', content: `127.0.0.1 localhost ${boxName}\n::1 localhost\n` },
        // Without a server at all, static and musl programs wait five seconds for one (measured).
        { path: '/etc/resolv.conf', content: 'nameserver 127.0.0.1\noptions timeout:1 attempts:1\n' },
      ]),
]

const nobody = 65_534

const passwd = ({ uid, gid }: BoxUser): string =>
  [
    'root:x:0:0::/tmp:/bin/sh',
    ...(uid === 0 || uid === nobody ? [] : [`agent:x:${uid}:${gid}::/tmp:/bin/sh`]),
    `nobody:x:${nobody}:${nobody}::/tmp:/bin/sh`,
    '',
  ].join('\n')

const group = ({ gid }: BoxUser): string =>
  ['root:x:0:', ...(gid === 0 || gid === nobody ? [] : [`agent:x:${gid}:`]), `nogroup:x:${nobody}:`, ''].join('\n')

const contentOf = (path: string): string => {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return ''
  }
}
