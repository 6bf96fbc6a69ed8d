/**
 * The one choke point between agents and models: checks the attempt's token, the route, the model and the run's limits,
 * puts the operator's credential in, streams, and meters. It keeps no content and logs none.
 */
import { randomBytes } from 'node:crypto'
import { chmod } from 'node:fs/promises'
import http, { type IncomingMessage, type ServerResponse } from 'node:http'
import https from 'node:https'
import type { AddressInfo, ListenOptions } from 'node:net'
import { readBody } from './body.ts'
import { credentialFits, tokenOf } from './credentials.ts'
import { forward } from './forward.ts'
import { type Grant, type Inquiry, type MeterRecord, modelAllowed, type Permission } from './grant.ts'
import { duplicatedHeader } from './headers.ts'
import { type Refusal, refuse } from './refusal.ts'
import { matchRoute, type Wire, wireOf } from './routes.ts'

export interface GatewayOptions {
  /** Asked before each request leaves: may this run still spend? A rejection refuses the request. */
  allow(grant: Grant, inquiry: Inquiry): Promise<Permission>
  /** Told exactly once about each request that reached the upstream, broken ones too. Must not throw. */
  meter(grant: Grant, record: MeterRecord): void
  /** Told as parts of an answer pass, so that a long answer is not taken for silence. Must not throw. */
  heard?(grant: Grant): void
  /** Epoch milliseconds. */
  clock(): number
}

export interface Gateway {
  /** `http://127.0.0.1:<port>`; clients add `/anthropic`, `/openai/v1` or `/google`. */
  origin: string
  /** A new unguessable token for this grant (43 characters of base64url), valid until revoked. */
  issueToken(grant: Grant): string
  /**
   * A door of its own for one token: a unix socket (0600) at `path`, where every other token gets 401. It closes with the
   * token's revocation.
   */
  openGate(token: string, path: string): Promise<void>
  /** From now on the token gets 401, and its running streams are cut. Unknown tokens are ignored. */
  revokeToken(token: string): void
  /** Cuts what runs and stops listening. */
  close(): Promise<void>
}

interface Issued {
  grant: Grant
  running: Set<AbortController>
  gates: http.Server[]
}

const unchecked: Permission = {
  ok: false,
  limit: 'unknown',
  message: "AgentLab: the run's limits could not be checked",
}

const providerOf: Record<Wire, Grant['provider']> = { anthropic: 'anthropic', openai: 'openai', google: 'google' }

/** Listens on a free port of 127.0.0.1 only. */
export const startGateway = async (options: GatewayOptions): Promise<Gateway> => {
  const issued = new Map<string, Issued>()
  const agents = { http: new http.Agent({ keepAlive: false }), https: new https.Agent({ keepAlive: true }) }

  /** `door` is the token whose gate the request came through, or null for the port. */
  const serve = async (request: IncomingMessage, response: ServerResponse, door: string | null): Promise<void> => {
    const url = request.url ?? ''
    if (url === '/' && (request.method === 'HEAD' || request.method === 'GET')) {
      response.writeHead(200).end()
      return
    }
    const wire = wireOf(url) ?? 'openai'
    const no = (refusal: Refusal, message: string) => refuse(response, wire, refusal, `AgentLab: ${message}`)
    const match = matchRoute(request.method ?? '', url)
    if (match === null) return no('forbidden', 'this method and path are not allowed')
    const twice = duplicatedHeader(request)
    if (twice !== null) return no('invalid', `the header ${twice} came twice`)

    // Looked up by hash map, so the time taken tells nothing about how much of a guess was right.
    const token = tokenOf(request, match)
    const holder = token === null ? undefined : issued.get(token)
    if (!holder || (door !== null && token !== door)) return no('unauthorized', 'no valid token')
    const { grant } = holder
    const providerFits = grant.provider === providerOf[wire] || grant.provider === 'local'
    if (!providerFits || !credentialFits(grant, wire)) return no('forbidden', `this token is not for ${wire}`)

    const leaving = new AbortController()
    let settled: (() => void) | undefined
    holder.running.add(leaving)
    response.on('close', () => {
      if (!response.writableFinished) leaving.abort()
    })
    leaving.signal.addEventListener('abort', () => response.destroy())
    try {
      // A client that leaves midway makes the read fail; nothing has left yet and nobody waits for an answer.
      const body =
        match.route.method === 'GET'
          ? null
          : await readBody(request).catch(() => ({
              ok: false as const,
              reason: 'invalid' as const,
              message: 'the body broke off',
            }))
      if (body?.ok === false) return no(body.reason, body.message)
      const model = match.model ?? (typeof body?.value.model === 'string' ? body.value.model : null)
      if (match.route.method === 'POST' && !modelAllowed(grant.models, model)) {
        return no('forbidden', `model ${model ?? '(none)'} is not allowed in lane ${grant.lane}`)
      }
      const inputEstimate = Math.ceil((body?.bytes.length ?? 0) / 4)
      const permission = await options.allow(grant, { model, inputEstimate }).catch(() => unchecked)
      if (!permission.ok) return refuse(response, wire, 'limit', permission.message)
      settled = permission.settled
      if (leaving.signal.aborted) return
      const bytes = body?.bytes ?? null
      const errand = {
        grant,
        match,
        model,
        body: bytes,
        request,
        response,
        signal: leaving.signal,
        clock: options.clock,
        onBytes: () => options.heard?.(grant),
        agents,
      }
      const record = await forward(errand)
      if (record !== null) options.meter(grant, record)
    } finally {
      settled?.()
      holder.running.delete(leaving)
    }
  }

  const listen = async (door: string | null, where: ListenOptions): Promise<http.Server> => {
    const server = http.createServer((request, response) => void serve(request, response, door))
    // A CLI keeps its connection while a tool runs; closing it meanwhile would break the request it sends next.
    server.keepAliveTimeout = 30 * 60_000
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject)
      server.listen(where, resolve)
    })
    return server
  }
  const server = await listen(null, { port: 0, host: '127.0.0.1' })

  const revokeToken = (token: string): void => {
    const holder = issued.get(token)
    issued.delete(token)
    for (const running of holder?.running ?? []) running.abort()
    for (const gate of holder?.gates ?? []) {
      gate.close()
      gate.closeAllConnections()
    }
  }
  return {
    origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    issueToken: grant => {
      const token = randomBytes(32).toString('base64url')
      issued.set(token, { grant, running: new Set(), gates: [] })
      return token
    },
    openGate: async (token, path) => {
      const holder = issued.get(token)
      if (holder === undefined) throw new Error('a gate needs a token that was issued and not revoked')
      const gate = await listen(token, { path })
      await chmod(path, 0o600)
      holder.gates.push(gate)
      if (issued.get(token) !== holder) gate.close()
    },
    revokeToken,
    close: async () => {
      for (const token of [...issued.keys()]) revokeToken(token)
      const closed = new Promise<void>(resolve => server.close(() => resolve()))
      server.closeAllConnections()
      await closed
      agents.https.destroy()
    },
  }
}
