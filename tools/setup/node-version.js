/** The package brings its own Node through npm; this sees to it that it is the one in use. */
import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { Stop } from './stop.js'

const ownNode = fileURLToPath(new URL('../../node_modules/.bin/node', import.meta.url))

/** @param {import('./host.js').Host} host */
export const requireNode = host => {
  const [major, minor] = host.nodeVersion.split('.').map(Number)
  if (major > 22 || (major === 22 && minor >= 18)) return
  const why = `this is Node ${host.nodeVersion}, and AgentLab needs 22.18 or newer`
  throw existsSync(ownNode)
    ? new Stop(2, `${why}; npm run uses the one that is installed here:`, ['npm run setup'])
    : new Stop(2, `${why}; npm ci installs one here:`, ['npm ci'])
}
