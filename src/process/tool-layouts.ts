/** Where version managers and package managers put programs below HOME: which folder makes one run. */
import { access } from 'node:fs/promises'
import { dirname, join } from 'node:path'

// Each pattern's first group is the root of the layout; the first that matches decides.
const layouts: { at: RegExp; open?: (root: string) => string[] }[] = [
  { at: /^(.*\/\.?nvm\/versions\/node\/[^/]+)\// },
  { at: /^(.*\/\.?fnm\/node-versions\/[^/]+\/installation)\// },
  { at: /^(.*\/fnm_multishells\/[^/]+)\// },
  { at: /^(.*\/\.volta)\//, open: root => [join(root, 'bin'), join(root, 'tools')] },
  { at: /^(.*\/\.(?:pyenv|rbenv)\/versions\/[^/]+)\// },
  { at: /^(.*\/\.(?:pyenv|rbenv))\// },
  { at: /^(.*\/uv\/(?:python|tools)\/[^/]+)\// },
  { at: /^(.*\/pipx\/venvs\/[^/]+)\// },
  { at: /^(.*\/\.rustup\/toolchains\/[^/]+)\// },
  { at: /^(.*)\/\.cargo\/bin\//, open: home => [join(home, '.cargo', 'bin'), join(home, '.rustup')] },
  { at: /^(.*\/(?:mise|\.asdf|asdf)\/installs\/[^/]+\/[^/]+)\// },
  {
    at: /^(.*\/(?:mise|\.asdf|asdf))\/shims\//,
    open: root => [join(root, 'shims'), join(root, 'installs'), join(root, 'plugins')],
  },
  { at: /^(.*\/(?:\.linuxbrew|homebrew))\// },
]

/** The places one program needs; `path` may be a link. Falls back to the file alone. */
export const layoutPrefixes = async (path: string, home: string): Promise<string[]> => {
  const environment = await nearestAbove(path, 'pyvenv.cfg')
  if (environment !== null) return [environment]
  for (const { at, open } of layouts) {
    const root = at.exec(path)?.[1]
    if (root !== undefined) return open?.(root) ?? [root]
  }
  return [(await modulesPrefix(path, home)) ?? (await unpackedPrefix(path, home)) ?? path]
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

// An archive unpacked below HOME (`~/sdk/go1.26/bin/go`): the folder above `bin` when it holds more than programs.
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

/** Whether a place may be opened again inside a hidden HOME: neither HOME, nor above it, nor with a known login in it. */
export const mayOpen = (path: string, home: string): boolean =>
  path !== '/' &&
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
