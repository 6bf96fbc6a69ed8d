/** Reads both configuration files once and merges them into what a run goes by. */
import { createHash } from 'node:crypto'
import { constants } from 'node:fs'
import { homedir } from 'node:os'
import { dirname, isAbsolute, join } from 'node:path'
import { AgentLabError, exitCode } from '../domain/errors.ts'
import { type EffectiveConfig, mergeConfig } from './effective.ts'
import { OperatorConfig } from './operator-config.ts'
import { explainRepositoryKey, RepositoryConfig } from './repository-config.ts'
import { withFile } from './with-file.ts'
import { parseYaml } from './yaml.ts'

export interface ConfigSource {
  path: string
  text: string
  /** False: there is no such file, the defaults hold. */
  exists: boolean
}

export interface LoadedConfig {
  repository: RepositoryConfig
  operator: OperatorConfig
  effective: EffectiveConfig
  /** Both files' text as read, each under a line naming its path; kept with the run. */
  text: string
  /** sha256 of `text`, 64 hex digits. */
  hash: string
  sources: { repository: ConfigSource; operator: ConfigSource }
}

export const repositoryFileName = 'agentlab.yaml'

/** The operator's file: $XDG_CONFIG_HOME (when absolute, as its specification asks) or ~/.config. */
export const operatorConfigPath = (env: NodeJS.ProcessEnv): string => {
  const base = env.XDG_CONFIG_HOME
  const home = env.HOME !== undefined && isAbsolute(env.HOME) ? env.HOME : homedir()
  return join(base !== undefined && isAbsolute(base) ? base : join(home, '.config'), 'agentlab', 'config.yaml')
}

/**
 * Reads `agentlab.yaml` at the top of the checkout and the operator's file. Missing files are empty ones.
 * @throws AgentLabError `invalid-file` | `config-loosens` | `config-unreadable`, all exit 2 except the last.
 */
export const loadConfig = async (options: { repoRoot: string; env: NodeJS.ProcessEnv }): Promise<LoadedConfig> => {
  const sources = {
    repository: await readSource(join(options.repoRoot, repositoryFileName)),
    operator: await readSource(operatorConfigPath(options.env)),
  }
  return { ...parseConfig(sources), sources }
}

/**
 * The operator's file alone, for what belongs to no repository.
 * @throws AgentLabError `invalid-file` | `config-unreadable`
 */
export const loadOperatorConfig = async (
  env: NodeJS.ProcessEnv,
): Promise<Pick<LoadedConfig, 'operator' | 'effective'> & { path: string }> => {
  const operator = await readSource(operatorConfigPath(env))
  const { operator: said, effective } = parseConfig({ repository: { path: '', text: '', exists: false }, operator })
  return { operator: said, effective, path: operator.path }
}

/** Parses texts already read: a run's kept configuration reads the same later. */
export const parseConfig = (sources: LoadedConfig['sources']): Omit<LoadedConfig, 'sources'> => {
  const operator = parseYaml(sources.operator.text, sources.operator.path, OperatorConfig)
  const repository = parseYaml(sources.repository.text, repositoryFileName, RepositoryConfig, {
    explainKey: explainRepositoryKey,
  })
  const effective = mergeConfig(repository, operator, dirname(sources.repository.path))
  const text = `# ${repositoryFileName}\n${sources.repository.text}\n# operator\n${sources.operator.text}\n`
  return { repository, operator, effective, text, hash: createHash('sha256').update(text).digest('hex') }
}

const maxBytes = 1024 * 1024

/** Follows no symbolic link in the last component: the repository's file must not show us another. */
const readSource = async (path: string): Promise<ConfigSource> => {
  const noFollow = path.endsWith(repositoryFileName) ? constants.O_NOFOLLOW : 0
  try {
    return await withFile(path, constants.O_RDONLY | constants.O_NONBLOCK | noFollow, async file => {
      const stat = await file.stat()
      if (!stat.isFile()) throw unreadable(path, 'it is not a regular file')
      if (stat.size > maxBytes) throw unreadable(path, 'it is larger than 1 MiB')
      return { path, text: await file.readFile('utf8'), exists: true }
    })
  } catch (error) {
    if (error instanceof AgentLabError) throw error
    const code = (error as NodeJS.ErrnoException).code
    if (code === 'ENOENT' || code === 'ENOTDIR') return { path, text: '', exists: false }
    throw unreadable(
      path,
      code === 'ELOOP' ? 'it is a symbolic link' : code === 'EACCES' ? 'no permission' : (code ?? 'unknown reason'),
      error,
    )
  }
}

const unreadable = (path: string, why: string, cause?: unknown): AgentLabError =>
  new AgentLabError(`agentlab failed on reading ${path}: ${why}`, {
    code: 'config-unreadable',
    cure: `Make ${path} a readable regular file, or move it away.`,
    exit: exitCode.wrongUse,
    cause,
  })
