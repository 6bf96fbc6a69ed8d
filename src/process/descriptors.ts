/** Descriptors this process was given by whoever started it and that would pass on to every process it starts. */
import { closeSync, readdirSync, readFileSync } from 'node:fs'

// O_CLOEXEC in the octal flags of proc_pid_fdinfo(5).
const closesOnExec = (fdinfo: string): boolean =>
  (Number.parseInt(/^flags:\s+(\d+)/m.exec(fdinfo)?.[1] ?? '0', 8) & 0o2000000) !== 0

let done = false

/**
 * Closes, once, every descriptor above 2 that would be inherited. Whatever Node opens is marked close-on-exec, so what
 * is left came from outside: a shell's job pipe, another program's socket. Linux only.
 */
export const closeInheritedDescriptors = (): void => {
  if (done || process.platform !== 'linux') return
  done = true
  for (const name of readdirSync('/proc/self/fdinfo')) {
    const fd = Number(name)
    try {
      if (fd > 2 && !closesOnExec(readFileSync(`/proc/self/fdinfo/${name}`, 'utf8'))) closeSync(fd)
    } catch {
      // Gone since the listing: it was the listing's own.
    }
  }
}
