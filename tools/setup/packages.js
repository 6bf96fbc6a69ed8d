/** Makes sure of the programs AgentLab starts: bubblewrap and socat on Linux, git everywhere. */
import { asRoot, findProgram, lastLines, runProgram } from './host.js'
import { Stop } from './stop.js'

const oldestGit = [2, 38]

/** Package managers by what to type. @type {[string, string][]} */
const managers = [
  ['apt-get', 'apt-get install -y'],
  ['dnf', 'dnf install -y'],
  ['pacman', 'pacman -S --needed --noconfirm'],
  ['zypper', 'zypper --non-interactive install'],
  ['apk', 'apk add'],
]

/** @param {import('./host.js').Host} host */
export const installPackages = host => {
  const wanted = missingPackages(host)
  if (wanted.length === 0) return
  const aptGet = findProgram(host, 'apt-get')
  const prefix = aptGet === null ? null : asRoot(host)
  if (aptGet === null || prefix === null) throw missing(host, wanted)
  host.say(`setup: installing ${wanted.join(', ')} with apt-get`)
  // Without lists there is nothing to install from; with old ones it may still work when this fails.
  runProgram(host, [...prefix, aptGet, 'update', '-qq'])
  const { ok, output } = runProgram(host, [
    ...prefix,
    aptGet,
    'install',
    '-y',
    '-qq',
    '--no-install-recommends',
    ...wanted,
  ])
  if (!ok) {
    for (const line of lastLines(output)) host.say(`  ${line}`)
    throw missing(host, wanted)
  }
  const still = missingPackages(host)
  if (still.length > 0) throw missing(host, still)
}

/** @param {import('./host.js').Host} host @returns {string[]} */
const missingPackages = host => {
  const programs =
    host.platform === 'linux'
      ? [
          ['bubblewrap', 'bwrap'],
          ['socat', 'socat'],
        ]
      : []
  const absent = programs.flatMap(([name, program]) => (findProgram(host, program) === null ? [name] : []))
  return isNewEnough(gitVersion(host)) ? absent : [...absent, 'git']
}

/** @param {import('./host.js').Host} host @returns {string | null} */
const gitVersion = host => {
  const git = findProgram(host, 'git')
  if (git === null) return null
  return /git version (\d+\.\d+)/.exec(runProgram(host, [git, '--version']).output)?.[1] ?? null
}

/** @param {string | null} version */
const isNewEnough = version => {
  if (version === null) return false
  const [major, minor] = version.split('.').map(Number)
  return major > oldestGit[0] || (major === oldestGit[0] && minor >= oldestGit[1])
}

/** @param {import('./host.js').Host} host @param {string[]} wanted */
const missing = (host, wanted) => {
  const version = gitVersion(host)
  const names = wanted.map(name =>
    name === 'git' && version !== null ? `git ${oldestGit.join('.')} or newer (this is ${version})` : name,
  )
  return new Stop(5, `${names.join(', ')} must be installed first; type:`, linesToType(host, wanted, version))
}

/** @param {import('./host.js').Host} host @param {string[]} wanted @param {string | null} version of git */
const linesToType = (host, wanted, version) => {
  if (host.platform === 'darwin') {
    return [findProgram(host, 'brew') === null ? 'xcode-select --install' : 'brew install git']
  }
  const sudo = host.isRoot ? '' : 'sudo '
  const [manager, install] = managers.find(([name]) => findProgram(host, name) !== null) ?? ['', '']
  if (manager === '') return [`Install these with your system's package manager: ${wanted.join(' ')}`]
  const lines = [`${sudo}${install} ${wanted.join(' ')}`]
  if (manager !== 'apt-get') return lines
  // Ubuntu 22.04's own git is too old.
  const newerGit = wanted.includes('git') && version !== null ? [`${sudo}add-apt-repository -y ppa:git-core/ppa`] : []
  return [...newerGit, `${sudo}apt-get update`, ...lines]
}
