/** How package managers are told of the proxy, and of a mirror that stands in for their registry. Pure. */
import type { Registry } from './address.ts'

/**
 * Environment for the proxy at `port` of the box's own loopback. curl, git, npm, yarn, pip, uv, cargo, go, bundler,
 * composer and Node read the usual names, others their own. What a set-up starts itself it reaches without the proxy,
 * unless a listed place lies on loopback: the box's own does not lead there.
 */
export const proxyVariables = (port: number, registries: readonly Registry[]): Record<string, string> => {
  const proxy = `http://127.0.0.1:${port}`
  const java = `-Dhttp.proxyHost=127.0.0.1 -Dhttp.proxyPort=${port} -Dhttps.proxyHost=127.0.0.1 -Dhttps.proxyPort=${port}`
  const loopback = ['localhost', '127.0.0.1', '::1']
  const direct = registries.some(({ host }) => loopback.includes(host)) ? '' : loopback.join(',')
  return {
    http_proxy: proxy,
    https_proxy: proxy,
    HTTP_PROXY: proxy,
    HTTPS_PROXY: proxy,
    no_proxy: direct,
    NO_PROXY: direct,
    npm_config_proxy: proxy,
    npm_config_https_proxy: proxy,
    npm_config_noproxy: direct,
    YARN_HTTP_PROXY: proxy,
    YARN_HTTPS_PROXY: proxy,
    PIP_PROXY: proxy,
    CARGO_HTTP_PROXY: proxy,
    NODE_USE_ENV_PROXY: '1',
    JAVA_TOOL_OPTIONS: java,
  }
}

/** The mirror as the registry of npm, pnpm, yarn, bun, pip, uv and Go: an address without a login. */
export const mirrorVariables = (mirror: string): Record<string, string> => {
  const { hostname } = new URL(mirror)
  return {
    npm_config_registry: mirror,
    YARN_REGISTRY: mirror,
    YARN_NPM_REGISTRY_SERVER: mirror,
    YARN_UNSAFE_HTTP_WHITELIST: hostname,
    PIP_INDEX_URL: mirror,
    PIP_TRUSTED_HOST: hostname,
    UV_DEFAULT_INDEX: mirror,
    UV_INSECURE_HOST: hostname,
    GOPROXY: mirror,
  }
}
