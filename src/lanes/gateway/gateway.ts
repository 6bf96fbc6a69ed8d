/**
 * The one choke point between agents and models: checks the attempt's token, the route, the model and the run's limits,
 * puts the operator's credential in, streams, and meters. It keeps no content and logs none.
 */
import { chmod } from 'node:fs/promises'
import type http from 'node:http'
import type { AddressInfo, ListenOptions } from 'node:net'
import { createDesk, type GatewayOptions } from './desk.ts'
import type { Grant } from './grant.ts'
import { listen } from './listen.ts'
import { serve } from './serve.ts'
import { createTurnstile } from './turnstile.ts'

export interface Gateway {
  /** `http://127.0.0.1:<port>`; clients add `/anthropic`, `/openai/v1`, `/google` or `/local`. */
  origin: string
  /** A new unguessable token for this grant (43 characters of base64url), valid until revoked. */
  issueToken(grant: Grant): string
  /**
   * A door of its own for one token: a unix socket (0600) at `path`, where every other token gets 401. It closes with the
   * token's revocation.
   */
  openGate(token: string, path: string): Promise<void>
  /** The same as a free port of 127.0.0.1, for boxes that share the machine's loopback (macOS); returns it. */
  openPort(token: string): Promise<number>
  /** From now on the token gets 401, and its running streams are cut. Unknown tokens are ignored. */
  revokeToken(token: string): void
  /** Cuts what runs and stops listening. */
  close(): Promise<void>
}

/** Listens on a free port of 127.0.0.1 only. */
export const startGateway = async (options: GatewayOptions): Promise<Gateway> => {
  const desk = createDesk(options)
  const newStile = () => createTurnstile(desk.bounds, options.clock)
  const open = (door: string | null, where: ListenOptions): Promise<http.Server> =>
    listen(desk.bounds, where, (request, response) => serve(desk, request, response, door))
  const server = await open(null, { port: 0, host: '127.0.0.1' })

  const revokeToken = (token: string): void => {
    const holder = desk.tokens.revoke(token)
    for (const running of holder?.running ?? []) running.abort()
    for (const gate of holder?.gates ?? []) {
      gate.close()
      gate.closeAllConnections()
    }
  }
  const openDoor = async (token: string, where: ListenOptions): Promise<http.Server> => {
    const holder = desk.tokens.holder(token)
    if (holder === undefined) throw new Error('a gate needs a token that was issued and not revoked')
    const gate = await open(token, where)
    holder.gates.push(gate)
    if (desk.tokens.holder(token) !== holder) gate.close()
    return gate
  }
  return {
    origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    issueToken: grant => desk.tokens.issue(grant, newStile()),
    openGate: async (token, path) => {
      await openDoor(token, { path })
      await chmod(path, 0o600)
    },
    openPort: async token => {
      const gate = await openDoor(token, { port: 0, host: '127.0.0.1' })
      return (gate.address() as AddressInfo | null)?.port ?? 0
    },
    revokeToken,
    close: async () => {
      for (const token of desk.tokens.all()) revokeToken(token)
      const closed = new Promise<void>(resolve => server.close(() => resolve()))
      server.closeAllConnections()
      await closed
      desk.connections.close()
    },
  }
}
