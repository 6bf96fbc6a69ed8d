/** What of the system every box sees: its programs, and the public part of its settings. An allow-list, nothing else is there. */
import { readdirSync } from 'node:fs'
import { join } from 'node:path'

/** Where distributions keep programs and libraries; most of them are links into /usr today. */
const programs = ['/usr', '/bin', '/sbin', '/lib', '/lib32', '/lib64', '/libx32']

/** Names below /etc, with `*` for any run of characters but a slash. */
const settings = [
  // The loader, and what stands behind links of /usr.
  'ld.so.cache',
  'ld.so.conf',
  'ld.so.conf.d',
  'ld-musl-*.path',
  'alternatives',
  // NixOS: all of /etc is links to here.
  'static',
  // Certificates of authorities and settings of TLS: never private keys.
  'ssl/certs',
  'ssl/cert.pem',
  'ssl/ca-bundle.pem',
  'ssl/openssl.cnf',
  'ssl1.1/certs',
  'ca-certificates',
  'pki/ca-trust',
  'pki/tls/certs',
  'pki/tls/cert.pem',
  'pki/tls/openssl.cnf',
  'pki/java',
  'crypto-policies',
  // Time, language, terminals, names of services and file types.
  'localtime',
  'timezone',
  'locale.conf',
  'terminfo',
  'services',
  'protocols',
  'mime.types',
  // Which distribution this is.
  'os-release',
  'lsb-release',
  '*_version',
  '*-release',
  // Settings that runtimes keep outside /usr.
  'fonts',
  'python3.*',
  'java-*',
  'dotnet',
  'maven/m2.conf',
  'maven/logging',
  'ImageMagick-*',
]

/** Elsewhere: where SUSE's certificates really are. */
const elsewhere = ['/var/lib/ca-certificates']

const mib = 1024 ** 2

/** Temporary files of each box's own, in memory: what is written there goes with it. */
export const memoryPlaces = [
  { path: '/tmp', mode: '1777', sizeBytes: 2_048 * mib },
  { path: '/run', mode: '0755', sizeBytes: 16 * mib },
  { path: '/var/tmp', mode: '1777', sizeBytes: 256 * mib },
]

/** Absolute paths, some of them links, some perhaps absent. `root` is the directory taken for `/`. */
export const systemPlaces = (root = '/'): string[] => [
  ...programs,
  ...settings.flatMap(name => (name.includes('*') ? matching(name, root) : [`/etc/${name}`])),
  ...elsewhere,
]

const matching = (pattern: string, root: string): string[] => {
  const names = new RegExp(`^${pattern.replaceAll('.', '\\.').replaceAll('*', '[^/]*')}$`)
  return namesIn(join(root, 'etc'))
    .filter(name => names.test(name))
    .map(name => `/etc/${name}`)
}

const namesIn = (dir: string): string[] => {
  try {
    return readdirSync(dir)
  } catch {
    return []
  }
}
