/** What package managers take from the operator's own settings: certificates, and which registry; never a login. */
import { readFile, stat } from 'node:fs/promises'
import { homedir } from 'node:os'
import { isAbsolute, join } from 'node:path'

type Environment = Readonly<Record<string, string | undefined>>

/** Files and folders of certificates, by the variables in which programs look for them. */
const certificateVariables = [
  'NODE_EXTRA_CA_CERTS',
  'SSL_CERT_FILE',
  'SSL_CERT_DIR',
  'CURL_CA_BUNDLE',
  'REQUESTS_CA_BUNDLE',
  'PIP_CERT',
  'CARGO_HTTP_CAINFO',
  'GIT_SSL_CAINFO',
  'NPM_CONFIG_CAFILE',
  'npm_config_cafile',
] as const

/** The certificates this machine trusts beside the usual ones, as a company's proxy needs them. */
export const certificateSettings = async (
  env: Environment,
): Promise<{ env: Record<string, string>; readable: string[] }> => {
  const named = certificateVariables.flatMap(name => {
    const path = env[name]
    return path !== undefined && isAbsolute(path) ? [[name, path] as const] : []
  })
  const there = await Promise.all(
    named.map(([, path]) =>
      stat(path).then(
        () => true,
        () => false,
      ),
    ),
  )
  const kept = named.filter((_, index) => there[index])
  return { env: Object.fromEntries(kept), readable: [...new Set(kept.map(([, path]) => path))] }
}

const registryVariables = [
  'npm_config_registry',
  'NPM_CONFIG_REGISTRY',
  'YARN_NPM_REGISTRY_SERVER',
  'PIP_INDEX_URL',
  'UV_DEFAULT_INDEX',
  'UV_INDEX_URL',
  'GOPROXY',
] as const

/** A user's own settings of package managers: which lines name a registry, and where they have to stand. */
const registryFiles = [
  { path: '.npmrc', line: /^\s*(?:@[^:\s]+:)?registry\s*=/ },
  { path: '.config/pip/pip.conf', line: /^\s*(?:\[global\]|(?:extra-)?index-url\s*=)/ },
  { path: '.pip/pip.conf', line: /^\s*(?:\[global\]|(?:extra-)?index-url\s*=)/ },
] as const

export interface RegistrySettings {
  env: Record<string, string>
  /** Paths below HOME, with what is to stand in them. */
  files: { path: string; content: string }[]
}

/** Which registry the operator's package managers ask, from environment and HOME; addresses come without a login. */
export const registrySettings = async (env: Environment): Promise<RegistrySettings> => {
  const named = registryVariables.flatMap(name => {
    const value = env[name]
    return value === undefined || value === '' ? [] : [[name, withoutLogins(value)] as const]
  })
  const home = env.HOME ?? homedir()
  const files = await Promise.all(
    registryFiles.map(async ({ path, line }) => {
      const text = await readFile(join(home, path), 'utf8').catch(() => '')
      const kept = text.split('\n').filter(one => line.test(one))
      const content = kept.some(one => one.includes('=')) ? `${kept.map(withoutLogins).join('\n')}\n` : ''
      return content === '' ? [] : [{ path, content }]
    }),
  )
  return { env: Object.fromEntries(named), files: files.flat() }
}

/** `https://user:secret@host/` becomes `https://host/`. */
export const withoutLogins = (text: string): string => text.replace(/(\w+:\/\/)[^/\s?#]*@/g, '$1')
