/** The steps of the set-up in order; the first that can't be done ends it. */
import { allowNamespaces } from './apparmor.js'
import { offerBrowser } from './browser.js'
import { requireNode } from './node-version.js'
import { installPackages } from './packages.js'
import { Stop } from './stop.js'

/** @param {import('./host.js').Host} host @param {boolean} wantsBrowser @returns {number} the exit code */
export const setUp = (host, wantsBrowser) => {
  try {
    requireNode(host)
    installPackages(host)
    allowNamespaces(host)
    if (wantsBrowser) offerBrowser(host)
    return 0
  } catch (error) {
    if (!(error instanceof Stop)) throw error
    host.say(`setup: ${error.message}`)
    for (const line of error.lines) host.say(`  ${line}`)
    return error.exitCode
  }
}
