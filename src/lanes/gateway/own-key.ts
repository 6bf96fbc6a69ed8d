/** The key a server of the operator's wants: put in on the way out, and never in a box. */
import type { OwnUpstream, ServerFailure } from './server-address.ts'

/** Empty where it wants none; null where it wants one and there is none that fits into a header. */
export const keyOf = ({ own }: OwnUpstream, env: NodeJS.ProcessEnv): string | null => {
  if (own.keyVariable === null) return ''
  const key = env[own.keyVariable] ?? ''
  return /^[\x21-\x7e]+$/.test(key) ? key : null
}

export const withoutKey = ({ own }: OwnUpstream): ServerFailure => ({
  why: `its key is not in ${own.keyVariable}`,
  cure: `Set ${own.keyVariable} where agentlab is started.`,
})
