/**
 * The set-up step before the demo and the tests: makes sure of Node, git, bubblewrap and socat, and says nothing when all
 * is there. With `--browser` it gets the tests one where that is cheap. Plain JavaScript, so that an old Node can still say what is missing. Exit codes: 0, 2 (Node), 5 (no wall).
 */
import { setUp } from './setup/set-up.js'

/** @type {import('./setup/host.js').Host} */
const host = {
  platform: process.platform,
  nodeVersion: process.versions.node,
  isRoot: process.getuid !== undefined && process.getuid() === 0,
  env: process.env,
  etc: '/etc',
  proc: '/proc',
  say: text => console.error(text),
}
process.exitCode = setUp(host, process.argv.includes('--browser'))
