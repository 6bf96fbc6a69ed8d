/** A grant for several servers of the operator's own, real ones on loopback, and what the gateway tells of them. */
import { afterEach } from 'vitest'
import type { GatewayOptions } from '../../src/lanes/gateway/desk.ts'
import type { Upstream } from '../../src/lanes/gateway/grant.ts'
import { grantFor, post, startMetered } from './upstream.ts'

const open: { close(): Promise<void> }[] = []
afterEach(async () => {
  for (const thing of open.splice(0)) await thing.close()
})

/** Closed after the test, the gateway first. */
export const closing = <T extends { close(): Promise<void> }>(thing: T): T => {
  open.unshift(thing)
  return thing
}

export const ownUpstream = (
  name: string,
  url: string,
  more: Partial<Upstream> & { ca?: string; key?: string } = {},
) => {
  const { ca = null, key = null, ...rest } = more
  const own = { tunnels: [], ca, keyVariable: key }
  return { name, url, models: ['qwen3:8b'], atOnce: 1, own, ...rest } satisfies Upstream
}

/** A port where nothing listens: port 1 belongs to a service of another age. */
export const nowhere = 'http://127.0.0.1:1'

export const gateTo = async (upstreams: readonly Upstream[], options: Partial<GatewayOptions> = {}) => {
  const told: string[] = []
  const metered = await startMetered({ told: (_grant, text) => told.push(text), ...options })
  closing(metered.gateway)
  const models = [...new Set(upstreams.flatMap(upstream => upstream.models ?? ['*']))]
  const credential = { kind: 'none' as const, read: async () => '' }
  const token = metered.gateway.issueToken({ ...grantFor('local', nowhere, { models, credential }), upstreams })
  const headers = { authorization: `Bearer ${token}` }
  const at = (path: string): string => `${metered.gateway.origin}/local${path}`
  return {
    ...metered,
    token,
    told,
    get: (path: string) => fetch(at(path), { headers }),
    ask: (model = 'qwen3:8b', path = '/v1/chat/completions', signal?: AbortSignal) =>
      post(at(path), headers, { model, messages: [] }, signal),
  }
}
