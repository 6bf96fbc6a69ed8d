/** The operator's own credentials, as values that must never be kept, whatever they look like. */
import { Provider } from '../domain/lane.ts'
import { readCredential } from '../workers/login.ts'
import { loginPlaces } from './agents.ts'
import { serverKeys } from './own-servers.ts'
import type { Project } from './project.ts'

/** Those that can be read now; the gateway tells of each it reads later. */
export const ownSecrets = async ({ config, env }: Pick<Project, 'config' | 'env'>): Promise<string[]> => {
  const found = await Promise.all(
    Provider.options.map(provider =>
      readCredential(provider, loginPlaces(env, config.effective, provider)).catch(() => null),
    ),
  )
  return [...found.flatMap(one => (one === null ? [] : [one.secret])), ...serverKeys(config.effective, env)]
}
