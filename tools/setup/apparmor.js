/** Gives bubblewrap the AppArmor profile it needs where Ubuntu forbids namespaces to programs without one. */
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { asRoot, findProgram, lastLines, runProgram } from './host.js'
import { Stop } from './stop.js'

const profile = fileURLToPath(new URL('../../profiles/apparmor/bwrap', import.meta.url))

/** @param {import('./host.js').Host} host */
export const allowNamespaces = host => {
  if (host.platform !== 'linux' || !isRestricted(host) || canBox(host)) return
  const target = join(host.etc, 'apparmor.d/bwrap')
  const commands = [
    ['install', '-m', '644', profile, target],
    ['apparmor_parser', '-r', target],
  ]
  const sudo = host.isRoot ? '' : 'sudo '
  const stop = new Stop(
    5,
    'AppArmor forbids bubblewrap its namespaces; type:',
    commands.map(words => `${sudo}${words.join(' ')}`),
  )
  const prefix = asRoot(host)
  // A profile that is there already is somebody's decision.
  if (prefix === null || existsSync(target)) throw stop
  host.say(`setup: installing an AppArmor profile for bubblewrap (${target})`)
  for (const [name, ...args] of commands) {
    const { ok, output } = runProgram(host, [...prefix, findProgram(host, name) ?? join('/usr/sbin', name), ...args])
    if (ok) continue
    for (const line of lastLines(output)) host.say(`  ${line}`)
    throw stop
  }
  if (!canBox(host)) throw stop
}

/** @param {import('./host.js').Host} host */
const isRestricted = host => {
  try {
    const file = join(host.proc, 'sys/kernel/apparmor_restrict_unprivileged_userns')
    return readFileSync(file, 'utf8').trim() === '1'
  } catch {
    return false
  }
}

/** @param {import('./host.js').Host} host */
const canBox = host => {
  const bwrap = findProgram(host, 'bwrap')
  return (
    bwrap !== null && runProgram(host, [bwrap, '--unshare-user', '--unshare-pid', '--ro-bind', '/', '/', 'true']).ok
  )
}
