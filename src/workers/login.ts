/** Whether the operator is logged in to a provider, as its CLI would find it, and, apart from that, the credential itself for the gateway. */
import { join } from 'node:path'
import { z } from 'zod'
import type { Provider } from '../domain/lane.ts'
import type { CredentialKind } from './worker.ts'

/** What is known of a login. None of it is secret: it may be printed. */
export type Login =
  | { state: 'usable'; kind: CredentialKind | 'none'; source: string }
  | { state: 'loggedInUnusable'; needs: string }
  | { state: 'missing'; needs: string }

export interface LoginPlaces {
  env: Record<string, string | undefined>
  /** The operator's own home directory. */
  home: string
  /** The text of a file, or null when it is missing or unreadable. */
  readFile: (path: string) => Promise<string | null>
  /** Epoch milliseconds: some logins end. */
  now: number
  platform: NodeJS.Platform
  /** Names of the operator's own servers. */
  servers?: readonly string[]
}

/** A secret and what may be said of it. Only `readCredential` lets it out. */
type Found = { login: Login; secret: string | null }

const usable = (kind: CredentialKind, source: string, secret: string): Found => ({
  login: { state: 'usable', kind, source },
  secret,
})
const unusable = (needs: string): Found => ({ login: { state: 'loggedInUnusable', needs }, secret: null })
const missing = (needs: string): Found => ({ login: { state: 'missing', needs }, secret: null })

const fromEnv = (places: LoginPlaces, kind: CredentialKind, names: string[]): Found | null => {
  const name = names.find(candidate => (places.env[candidate] ?? '').trim() !== '')
  return name === undefined ? null : usable(kind, name, places.env[name]!.trim())
}

/** A JSON file by its schema; null when missing, not JSON, or of another shape. */
const readJson = async <T>(places: LoginPlaces, path: string, schema: z.ZodType<T>): Promise<T | null> => {
  const text = await places.readFile(path)
  if (text === null) return null
  try {
    return schema.safeParse(JSON.parse(text)).data ?? null
  } catch {
    return null
  }
}

const ClaudeLogin = z.object({
  claudeAiOauth: z.object({ accessToken: z.string().min(1), expiresAt: z.number().nullish() }),
})
const ClaudeKey = z.object({ primaryApiKey: z.string().min(1) })

const claudeLogin = async (places: LoginPlaces): Promise<Found> => {
  const directory = places.env.CLAUDE_CONFIG_DIR || join(places.home, '.claude')
  const stated =
    fromEnv(places, 'key', ['ANTHROPIC_API_KEY']) ?? fromEnv(places, 'claude-oauth', ['CLAUDE_CODE_OAUTH_TOKEN'])
  if (stated !== null) return stated
  const file = join(directory, '.credentials.json')
  const oauth = (await readJson(places, file, ClaudeLogin))?.claudeAiOauth
  if (oauth !== undefined && (oauth.expiresAt ?? Number.POSITIVE_INFINITY) > places.now)
    return usable('claude-oauth', file, oauth.accessToken)
  if (oauth !== undefined)
    return unusable(
      'a fresh login: run `claude` once, or put a token from `claude setup-token` into CLAUDE_CODE_OAUTH_TOKEN',
    )
  const key = await readJson(places, join(places.home, '.claude.json'), ClaudeKey)
  if (key !== null) return usable('key', join(places.home, '.claude.json'), key.primaryApiKey)
  const unseen = places.platform === 'darwin' ? ' (the macOS Keychain is not looked at)' : ''
  return missing(
    `ANTHROPIC_API_KEY, CLAUDE_CODE_OAUTH_TOKEN (from \`claude setup-token\`) or a login in \`claude\`${unseen}`,
  )
}

const CodexAuth = z.object({ OPENAI_API_KEY: z.string().nullish(), tokens: z.unknown().optional() })

const codexLogin = async (places: LoginPlaces): Promise<Found> => {
  const stated = fromEnv(places, 'key', ['CODEX_API_KEY', 'OPENAI_API_KEY'])
  if (stated !== null) return stated
  const file = join(places.env.CODEX_HOME || join(places.home, '.codex'), 'auth.json')
  const auth = await readJson(places, file, CodexAuth)
  if (auth?.OPENAI_API_KEY) return usable('key', file, auth.OPENAI_API_KEY)
  if (auth?.tokens)
    return unusable(
      'an API key in OPENAI_API_KEY (codex would have to hold a ChatGPT login itself, and no login goes into a box)',
    )
  return missing('OPENAI_API_KEY or CODEX_API_KEY')
}

/** The value of one variable in a dotenv file; quotes are taken off. */
const dotenvValue = (text: string, name: string): string | null =>
  new RegExp(`^\\s*(?:export\\s+)?${name}\\s*=\\s*["']?([^"'\\s#]+)`, 'm').exec(text)?.[1] ?? null

const geminiLogin = async (places: LoginPlaces): Promise<Found> => {
  const stated = fromEnv(places, 'key', ['GEMINI_API_KEY', 'GOOGLE_API_KEY'])
  if (stated !== null) return stated
  const directory = join(places.env.GEMINI_CLI_HOME || places.home, '.gemini')
  const file = join(directory, '.env')
  const key = dotenvValue((await places.readFile(file)) ?? '', 'GEMINI_API_KEY')
  if (key !== null) return usable('key', file, key)
  const isLoggedIn = (await readJson(places, join(directory, 'oauth_creds.json'), z.object({}))) !== null
  if (isLoggedIn)
    return unusable(
      'an API key in GEMINI_API_KEY (gemini would have to hold a Google login itself, and no login goes into a box)',
    )
  return missing('GEMINI_API_KEY or GOOGLE_API_KEY')
}

/** The operator's own servers ask for nothing; there has to be one. */
const localServers = async ({ servers = [] }: LoginPlaces): Promise<Found> =>
  servers.length === 0
    ? missing('a server of your own: local: [{name: mac, url: "http://127.0.0.1:11434", models: ["qwen3:8b"]}]')
    : { login: { state: 'usable', kind: 'none', source: servers.join(', ') }, secret: null }

const find: Record<Provider, (places: LoginPlaces) => Promise<Found>> = {
  anthropic: claudeLogin,
  openai: codexLogin,
  google: geminiLogin,
  local: localServers,
}

/** How the operator is logged in there: usable, logged in but of no use to AgentLab yet, or missing. */
export const detectLogin = async (provider: Provider, places: LoginPlaces): Promise<Login> =>
  (await find[provider](places)).login

/**
 * The operator's credential, for the gateway only: never into a box, a log or a store. Read anew for each request that
 * leaves, so that a renewed login is picked up. null when there is none that may be used.
 */
export const readCredential = async (
  provider: Provider,
  places: LoginPlaces,
): Promise<{ kind: CredentialKind; secret: string } | null> => {
  const { login, secret } = await find[provider](places)
  return login.state === 'usable' && login.kind !== 'none' && secret !== null ? { kind: login.kind, secret } : null
}
