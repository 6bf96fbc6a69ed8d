/** What all requests of one gateway have in common: whom to ask, whom to tell, and what is remembered between them. */
import http from 'node:http'
import https from 'node:https'
import { type Bounds, gateBounds } from './bounds.ts'
import type { Grant, Inquiry, MeterRecord, Permission } from './grant.ts'
import { createResting, type Resting } from './resting.ts'
import { createTokens, type Tokens } from './tokens.ts'
import { createTurnstile, type Turnstile } from './turnstile.ts'

/** What the gateway's owner answers and is told. */
export interface GatewayOptions {
  /** Asked before each request leaves: may this run still spend? A rejection refuses the request. */
  allow(grant: Grant, inquiry: Inquiry): Promise<Permission>
  /** Told exactly once about each request that reached the upstream, broken ones too. Must not throw. */
  meter(grant: Grant, record: MeterRecord): void
  /** Told as parts of an answer pass, so that a long answer is not taken for silence. Must not throw. */
  heard?(grant: Grant): void
  /** Told when a request was sent back because its provider wants to be left alone for so long. Must not throw. */
  rests?(grant: Grant, waitMs: number): void
  /** Epoch milliseconds. */
  clock(): number
  /** Other bounds than the shipped ones. */
  bounds?: Partial<Bounds>
}

export interface Desk extends Omit<GatewayOptions, 'bounds'> {
  bounds: Bounds
  tokens: Tokens
  /** Counts what comes through the port without a valid token. */
  strangers: Turnstile
  resting: Resting
  agents: { http: http.Agent; https: https.Agent }
}

export const createDesk = (options: GatewayOptions): Desk => {
  const bounds = { ...gateBounds, ...options.bounds }
  return {
    ...options,
    bounds,
    tokens: createTokens(),
    strangers: createTurnstile(bounds, options.clock),
    resting: createResting(options.clock),
    agents: { http: new http.Agent({ keepAlive: false }), https: new https.Agent({ keepAlive: true }) },
  }
}
