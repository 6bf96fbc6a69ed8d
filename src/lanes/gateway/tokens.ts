/** The tokens that were given out, what each may do, and what is known of those that are no longer valid. */
import { createHash, randomBytes } from 'node:crypto'
import type http from 'node:http'
import type { Grant } from './grant.ts'
import type { Turnstile } from './turnstile.ts'

/** One token: its grant, what runs under it, and the doors that serve it alone. */
export interface Holder {
  token: string
  grant: Grant
  stile: Turnstile
  running: Set<AbortController>
  gates: http.Server[]
}

export interface Tokens {
  /** 32 random bytes as 43 characters of base64url. */
  issue(grant: Grant, stile: Turnstile): string
  holder(token: string): Holder | undefined
  /** Takes it out and gives it back for what is left to be ended; undefined when it was not valid. */
  revoke(token: string): Holder | undefined
  /** What happened to a token that is not valid, for the one who shows it. */
  fateOf(token: string | null): string
  all(): string[]
}

/** Ended tokens that are told from unknown ones; older ones are unknown. */
const mostEnded = 4_096

export const createTokens = (): Tokens => {
  const issued = new Map<string, Holder>()
  const ended = new Map<string, string>()
  const digestOf = (token: string): string => createHash('sha256').update(token).digest('base64url')
  return {
    issue: (grant, stile) => {
      const token = randomBytes(32).toString('base64url')
      issued.set(token, { token, grant, stile, running: new Set(), gates: [] })
      return token
    },
    // Looked up by hash map, so the time taken tells nothing about how much of a guess was right.
    holder: token => issued.get(token),
    revoke: token => {
      const holder = issued.get(token)
      if (holder === undefined) return undefined
      issued.delete(token)
      const { role, attempt, taskId, runId } = holder.grant
      ended.set(digestOf(token), `${role} ${attempt} of ${taskId ?? runId} has ended, and its token with it`)
      for (const [oldest] of ended) if (ended.size > mostEnded) ended.delete(oldest)
      return holder
    },
    fateOf: token =>
      token === null ? 'no token was shown' : (ended.get(digestOf(token)) ?? 'this token is not known here'),
    all: () => [...issued.keys()],
  }
}
