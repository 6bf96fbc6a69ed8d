/** Where version managers and package managers put programs outside the system: which folder makes one run. */
import { access } from 'node:fs/promises'
import { dirname, join } from 'node:path'

interface Layout {
  /** Its first group is the root of the layout. */
  at: RegExp
  /** The parts of the root that are needed; left out: all of it. */
  open?: (root: string) => string[]
  /** The variable by which its programs find their home, which in a box is not below HOME. */
  home?: (root: string) => { variable: string; dir: string }
}

const brewParts = ['bin', 'sbin', 'lib', 'libexec', 'include', 'share', 'opt', 'Cellar', 'etc/ca-certificates']

const parts =
  (...names: string[]) =>
  (root: string): string[] =>
    names.map(name => join(root, name))

// The first that matches decides.
const layouts: Layout[] = [
  { at: /^(\/(?:nix|gnu)\/store)\// },
  { at: /^(\/snap\/[^/]+\/[^/]+)\// },
  { at: /^(.*\/\.?nvm\/versions\/node\/[^/]+)\// },
  { at: /^(.*\/\.?fnm\/node-versions\/[^/]+\/installation)\// },
  { at: /^(.*\/fnm_multishells\/[^/]+)\// },
  {
    at: /^(.*\/\.volta)\//,
    open: parts('bin', 'tools'),
    home: root => ({ variable: 'VOLTA_HOME', dir: root }),
  },
  { at: /^(.*\/\.[a-z]+env\/versions\/[^/]+)\// },
  { at: /^(.*\/\.(?:pyenv|rbenv|nodenv|goenv|plenv|phpenv|jenv))\// },
  { at: /^(.*\/uv\/(?:python|tools)\/[^/]+)\// },
  {
    at: /^(.*)\/\.local\/bin\/uvx?$/,
    open: parts('.local/bin/uv', '.local/bin/uvx', '.local/share/uv/python'),
    home: root => ({ variable: 'UV_PYTHON_INSTALL_DIR', dir: join(root, '.local/share/uv/python') }),
  },
  { at: /^(.*\/pipx\/venvs\/[^/]+)\// },
  { at: /^(.*\/\.rustup\/toolchains\/[^/]+)\// },
  {
    at: /^(.*\/\.?)cargo\/bin\//,
    open: root => [`${root}cargo/bin`, `${root}rustup`],
    home: root => ({ variable: 'RUSTUP_HOME', dir: `${root}rustup` }),
  },
  { at: /^(.*\/(?:mise|\.asdf|asdf)\/installs\/[^/]+\/[^/]+)\// },
  {
    at: /^(.*\/mise)\/shims\//,
    open: parts('shims', 'installs', 'plugins'),
    home: root => ({ variable: 'MISE_DATA_DIR', dir: root }),
  },
  { at: /^(.*\/\.?asdf)\/(?:shims|bin)\//, home: root => ({ variable: 'ASDF_DATA_DIR', dir: root }) },
  { at: /^(.*\/(?:\.linuxbrew|homebrew))\//, open: parts(...brewParts) },
  { at: /^(\/opt\/(?!(?:s?bin|lib)\/)[^/]+)\// },
]

export interface LayoutNeeds {
  prefixes: string[]
  /** By variable, where the layout keeps what its programs look for. */
  env: Record<string, string>
}

/** What one program needs; `path` may be a link. Falls back to the file alone. */
export const layoutNeeds = async (path: string, home: string): Promise<LayoutNeeds> => {
  const environment = await nearestAbove(path, 'pyvenv.cfg')
  if (environment !== null) return { prefixes: [environment], env: {} }
  for (const layout of layouts) {
    const root = layout.at.exec(path)?.[1]
    if (root === undefined) continue
    const own = layout.home?.(root)
    return { prefixes: layout.open?.(root) ?? [root], env: own === undefined ? {} : { [own.variable]: own.dir } }
  }
  return { prefixes: [(await modulesPrefix(path, home)) ?? (await unpackedPrefix(path, home)) ?? path], env: {} }
}

// npm's global directory is `<prefix>/lib/node_modules` with links in `<prefix>/bin`; a project's lies in the project.
const modulesPrefix = async (path: string, home: string): Promise<string | null> => {
  const modules = /^(.*?\/node_modules)\//.exec(path)?.[1]
  if (modules === undefined) return null
  const prefix = modules.endsWith('/lib/node_modules') ? dirname(dirname(modules)) : null
  return prefix !== null && prefix !== home && mayOpen(prefix, home) && (await exists(join(prefix, 'bin')))
    ? prefix
    : modules
}

// An archive unpacked somewhere (`~/sdk/go1.26/bin/go`): the folder above `bin` when it holds more than programs.
const unpackedPrefix = async (path: string, home: string): Promise<string | null> => {
  const bin = dirname(path)
  const prefix = dirname(bin)
  if (!bin.endsWith('/bin') || prefix === home || prefix === join(home, '.local') || !mayOpen(prefix, home)) return null
  for (const part of ['lib', 'libexec', 'pkg', 'include']) if (await exists(join(prefix, part))) return prefix
  return null
}

const credentialPlaces = [
  '.ssh',
  '.gnupg',
  '.aws',
  '.azure',
  '.kube',
  '.docker',
  '.netrc',
  '.npmrc',
  '.yarnrc.yml',
  '.pypirc',
  '.git-credentials',
  '.config/gh',
  '.config/git',
  '.config/gcloud',
  '.config/agentlab',
  '.local/share/keyrings',
  '.cargo/credentials',
  '.cargo/credentials.toml',
  '.claude',
  '.claude.json',
  '.codex',
  '.gemini',
]

/** Places of whole machines and of many users: one of them is never a tool's. */
const wide = /^\/(?:[^/]+|(?:home|Users|var|run|mnt|media)\/[^/]+)?$/

/** Whether a place may be opened in a box: not a wide one, neither HOME nor above it, and with no known login in it. */
export const mayOpen = (path: string, home: string): boolean =>
  !wide.test(path) &&
  !holds(path, home) &&
  !credentialPlaces.map(name => join(home, name)).some(place => holds(path, place) || isCredentialIn(path, place))

const holds = (outer: string, inner: string): boolean => outer === inner || inner.startsWith(`${outer}/`)

// Anything inside a folder of logins, but for the programs some vendors install there.
const isCredentialIn = (path: string, place: string): boolean =>
  path.startsWith(`${place}/`) && !/\/(?:bin|local|versions|packages)\//.test(path.slice(place.length))

const nearestAbove = async (path: string, name: string): Promise<string | null> => {
  for (let dir = dirname(path); dir !== dirname(dir); dir = dirname(dir)) if (await exists(join(dir, name))) return dir
  return null
}

const exists = (path: string): Promise<boolean> =>
  access(path).then(
    () => true,
    () => false,
  )
