/** How package managers are told to run no script of a package: each in the words it reads from its environment. */

/**
 * Best effort: npm and pnpm, yarn 1, yarn 2 and later, pip (wheels only). Others (uv, cargo, go, bundler, composer) have
 * no switch in the environment, or one that refuses the project's own build too.
 */
export const withoutInstallScripts: Record<string, string> = {
  npm_config_ignore_scripts: 'true',
  YARN_IGNORE_SCRIPTS: 'true',
  YARN_ENABLE_SCRIPTS: 'false',
  PIP_ONLY_BINARY: ':all:',
}
