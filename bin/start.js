// Checks the Node version before anything native is loaded (better-sqlite3 crashes an old Node), then loads the program.
// Imports nothing but Node's own modules and uses no syntax younger than dynamic import.
import { existsSync, readFileSync, realpathSync } from 'node:fs'
import { homedir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const needed = [22, 18]
const isNewEnough = version => {
  const parts = version.split('.').map(Number)
  return parts[0] > needed[0] || (parts[0] === needed[0] && parts[1] >= needed[1])
}

/**
 * Answers `--version`, hands over to the package's own newer Node where this one is too old, or loads the first of
 * `modules` (relative to the entry) that exists and calls its `main`.
 */
export const start = (name, entry, modules) => {
  const here = dirname(fileURLToPath(entry))
  const args = process.argv.slice(2)
  if (args.length === 1 && (args[0] === '--version' || args[0] === '-V')) {
    console.log(JSON.parse(readFileSync(join(here, '../package.json'), 'utf8')).version)
    return
  }
  if (!isNewEnough(process.versions.node)) {
    handOver(name, fileURLToPath(entry), join(here, '../node_modules/.bin/node'))
    return
  }
  const module = modules.map(path => new URL(path, entry)).find(url => existsSync(url))
  if (module === undefined) {
    fail(name, `on its own files: neither ${modules.join(' nor ')} exists`, 'Install AgentLab again.')
    return
  }
  keepCompiledCode()
    .then(() => import(module.href))
    .then(loaded => loaded.main())
}

const handOver = (name, entry, ownNode) => {
  const isHandedOver = process.env.AGENTLAB_NODE_TRIED !== undefined
  if (isHandedOver || !existsSync(ownNode) || realpathSync(ownNode) === realpathSync(process.execPath)) {
    const why = `on Node ${process.versions.node}: it needs Node ${needed.join('.')} or newer`
    fail(name, why, `Install a newer Node, or run npm ci in ${dirname(dirname(entry))}, which brings one.`)
    return
  }
  const env = Object.assign({}, process.env, { AGENTLAB_NODE_TRIED: '1' })
  import('node:child_process').then(({ spawnSync }) => {
    const done = spawnSync(ownNode, [entry].concat(process.argv.slice(2)), { stdio: 'inherit', env })
    if (done.error !== undefined) fail(name, `on starting ${ownNode}: ${done.error.message}`, 'Run npm ci again.')
    else if (done.signal !== null) process.kill(process.pid, done.signal)
    else process.exitCode = done.status
  })
}

const fail = (name, why, cure) => {
  process.exitCode = 2
  console.error(`${name} failed ${why}\n  → ${cure}`)
}

// Under the operator's own cache, never in a temporary folder where another user could plant code.
const keepCompiledCode = () => {
  delete process.env.AGENTLAB_NODE_TRIED
  const cache = process.env.XDG_CACHE_HOME || join(homedir(), '.cache')
  return import('node:module').then(({ enableCompileCache }) => {
    if (enableCompileCache !== undefined) enableCompileCache(join(cache, 'agentlab', 'compiled'))
  })
}
