/** What one attempt may ask of one provider, and what the gateway reports about it. */
import type { Lane, Provider, Role, WorkerName } from '../../domain/lane.ts'

/** How the operator is logged in. `none` for upstreams that ask for nothing (the rehearsal, a local model). */
export type CredentialKind = 'key' | 'claude-oauth' | 'none'

export interface Credential {
  kind: CredentialKind
  /** Called once per request that leaves, so a renewed login is picked up. Not called for `none`. */
  read(): Promise<string>
}

/** One server that may be asked. Plain data: what is remembered of it lies in the gateway. */
export interface Upstream {
  /** What messages call it: the operator's name for it, or the provider's. */
  name: string
  /** Origin and path prefix of its API, without a trailing slash: `https://api.anthropic.com`. */
  url: string
  /** The models it has; one without a tag is its `:latest`. Absent: any. */
  models?: readonly string[]
  /** `chat`: it speaks nothing but OpenAI's chat completions. Absent or null: not known. */
  wire?: 'messages' | 'chat' | null
  /** Requests it works on at once, whoever asks; further ones wait for a place. Absent: any number. */
  atOnce?: number
  /** Absent: a provider, which lies where its name leads. */
  own?: OwnServer
}

/** A server of the operator's: it has to lie on this machine or in a private network, whatever its name says. */
export interface OwnServer {
  /** Ranges that an encrypted tunnel leads to: plain http may go there. */
  tunnels: readonly string[]
  /** Absolute path of certificates (PEM) that are trusted for it, and for no other; null: those of the system. */
  ca: string | null
  /** Name of the variable that holds the key it wants; null: it wants none. */
  keyVariable: string | null
}

/** Bound to a token; belongs to exactly one attempt. */
export interface Grant {
  runId: string
  taskId: string | null
  attempt: number
  role: Role
  /** null: AgentLab's own client (the SDK planner), which may never use a subscription login. */
  worker: WorkerName | null
  lane: Lane
  provider: Provider
  /** Who may be asked, best first; `upstreamOf` (src/app) makes them of the configuration. Empty: nobody. */
  upstreams: readonly Upstream[]
  credential: Credential
  /** Models that may be asked for; `*` stands for any run of characters. Absent: any, of a local provider none. */
  models?: readonly string[]
  /** Added to each request; the rehearsal learns from them who is asking. */
  headers?: Readonly<Record<string, string>>
}

/** Asked before a request leaves. */
export interface Inquiry {
  model: string | null
  /** Tokens, a quarter of the body's bytes. */
  inputEstimate: number
}

/**
 * `settled` is called once the request has been metered, or never left. `waitMs`: the limit comes back by itself after so
 * long.
 */
export type Permission =
  | { ok: true; settled?: () => void }
  | { ok: false; limit: string; message: string; waitMs?: number }

/** One request that reached the upstream. Token counts are null where they could not be read from the wire. */
export interface MeterRecord {
  requestId: string
  model: string | null
  /** HTTP status, or null when the connection broke before an answer began. */
  status: number | null
  /** Includes what was read from or written to the provider's cache. */
  input: number | null
  cached: number | null
  output: number | null
  /** Epoch milliseconds. */
  startedAt: number
  endedAt: number
  /** How long the provider asked us to wait, from `retry-after` or its rate-limit headers. */
  retryAfterMs: number | null
  /** The answer did not arrive whole: dropped by the upstream, left by the client, or its token was revoked. */
  aborted: boolean
}
