/** Gets the tests a browser where that is cheap: Debian's own, on a machine that is root's (a container, a build machine). */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { asRoot, findProgram, runProgram } from './host.js'

/** Names under which the tests look for one (tests/gateway/chromium.ts). */
const names = ['chromium', 'chromium-browser', 'google-chrome']

/** Nothing depends on it: where there is none, the tests that need one are skipped and say so. @param {import('./host.js').Host} host */
export const offerBrowser = host => {
  if (names.some(name => findProgram(host, name) !== null)) return
  const aptGet = findProgram(host, 'apt-get')
  // Elsewhere it comes as a snap, or onto a person's own machine.
  if (aptGet === null || !isDebian(host) || !(host.isRoot || host.env.CI !== undefined)) return
  const prefix = asRoot(host)
  if (prefix === null) return
  host.say('setup: installing chromium with apt-get, for the tests')
  runProgram(host, [...prefix, aptGet, 'update', '-qq'])
  const words = ['install', '-y', '-qq', '--no-install-recommends', 'chromium']
  if (!runProgram(host, [...prefix, aptGet, ...words]).ok)
    host.say('setup: chromium could not be installed; the tests that need a browser are skipped')
}

/** @param {import('./host.js').Host} host */
const isDebian = host => {
  try {
    return /^ID=debian$/m.test(readFileSync(join(host.etc, 'os-release'), 'utf8'))
  } catch {
    return false
  }
}
