/** With which login a provider is asked for a tool: an API key or none. A subscription serves its vendor's CLI alone. */
import type { EffectiveConfig } from '../../config/effective.ts'
import type { Provider, WorkerName } from '../../domain/lane.ts'
import type { Credential } from '../../lanes/gateway/grant.ts'
import { detectLogin, readCredential } from '../../workers/login.ts'
import { loginPlaces } from '../agents.ts'

export type Key = { ok: true; credential: Credential } | { ok: false; why: string }

/** Whom a subscription would serve. */
const cliOf: Record<Exclude<Provider, 'local'>, WorkerName> = { anthropic: 'claude', openai: 'codex', google: 'gemini' }

const keyName: Record<Exclude<Provider, 'local'>, string> = {
  anthropic: 'ANTHROPIC_API_KEY',
  openai: 'OPENAI_API_KEY',
  google: 'GEMINI_API_KEY',
}

/** Looked for anew each time, and the kind looked at again when it is read: a login may change under way. */
export const keyFor = async (provider: Provider, config: EffectiveConfig, env: NodeJS.ProcessEnv): Promise<Key> => {
  if (provider === 'local') return { ok: true, credential: { kind: 'none', read: async () => '' } }
  const login = await detectLogin(provider, loginPlaces(env, config, provider))
  const wanted = config.credentials[provider]?.env ?? keyName[provider]
  if (login.state !== 'usable')
    return { ok: false, why: `there is no API key for ${provider} (put one into ${wanted})` }
  if (login.kind !== 'key')
    return {
      ok: false,
      why: `your login at ${provider} is a subscription, which serves ${cliOf[provider]} alone and is never used here (put an API key into ${wanted})`,
    }
  const read = async (): Promise<string> => {
    const found = await readCredential(provider, loginPlaces(env, config, provider))
    if (found?.kind !== 'key') throw new Error(`the API key for ${provider} is gone`)
    return found.secret
  }
  return { ok: true, credential: { kind: 'key', read } }
}
