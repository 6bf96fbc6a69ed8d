/** What every command in macOS's sandbox may do whatever its policy says: run, and see the system. Everything else is denied. */

const folders = [
  '/usr',
  '/bin',
  '/sbin',
  // Not /System as a whole: /System/Volumes/Data is another name of the whole disk.
  '/System/Library',
  '/System/Cryptexes',
  '/System/Volumes/Preboot/Cryptexes',
  '/Library/Apple',
  '/Library/Developer/CommandLineTools',
  '/Applications/Xcode.app/Contents/Developer',
  '/private/var/db/dyld',
  '/private/var/db/timezone',
  '/private/var/select',
  '/private/etc/ssl',
]

const files = [
  '/',
  '/dev/random',
  '/dev/urandom',
  '/dev/autofs_nowait',
  '/private/etc/group',
  '/private/etc/hosts',
  '/private/etc/localtime',
  '/private/etc/passwd',
  '/private/etc/protocols',
  '/private/etc/services',
  '/private/etc/shells',
]

/** Written as well as read: what is written there goes nowhere. */
const sinks = ['/dev/null', '/dev/zero', '/dev/dtracehelper']

/** Looked up by name, users and groups: nothing else that another process offers. */
const services = ['com.apple.system.opendirectoryd.libinfo', 'com.apple.system.opendirectoryd.membership']

const each = (filter: string, values: readonly string[]): string =>
  values.map(value => `\n  (${filter} "${value}")`).join('')

/**
 * The beginning of every profile. `deny default` is what keeps out launchd's open, Apple events, the keychain, the
 * pasteboard, other processes' terminals and the resolver of names. Hard links are denied in so many words, for one
 * made in a writable folder would be another name of a file outside of it.
 */
export const systemRules = `(version 1)
(deny default)
(allow process-exec*)
(allow process-fork)
(allow process-info* (target same-sandbox))
(allow signal (target same-sandbox))
(allow sysctl-read)
(allow ipc-posix-sem)
(allow file-map-executable)
(allow mach-lookup${each('global-name', services)})
(allow file-read*${each('subpath', folders)}${each('literal', [...files, ...sinks])})
(allow file-write-data file-ioctl${each('literal', sinks)})
(deny file-link)`
