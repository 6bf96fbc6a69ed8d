/** What all requests of one gateway have in common: whom to ask, whom to tell, and what is remembered between them. */
import type { Resolve } from '../registry-proxy/pinned-address.ts'
import { type Bounds, gateBounds } from './bounds.ts'
import { type Connections, createConnections } from './connections.ts'
import type { Grant, Inquiry, MeterRecord, Permission } from './grant.ts'
import { createPlaces, type Places, type SharedPlaces } from './places.ts'
import { createResting, type Resting } from './resting.ts'
import { createAddressBook } from './server-address.ts'
import { createServerHealth, type ServerHealth } from './server-health.ts'
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
  /** Told once when a server of the operator's is passed over, and when it answers again. Facts alone. Must not throw. */
  told?(grant: Grant, text: string): void
  /** Epoch milliseconds. */
  clock(): number
  /** Where the keys lie that servers of the operator's want; the process's own unless told. */
  env?: NodeJS.ProcessEnv
  /** Looks names of such servers up; the system's unless told. */
  resolve?: Resolve
  /** Their places, where they hold for other processes too; else for this gateway alone. */
  sharedPlaces?: SharedPlaces
  /** Other bounds than the shipped ones. */
  bounds?: Partial<Bounds>
}

export interface Desk extends Omit<GatewayOptions, 'bounds' | 'env' | 'resolve' | 'sharedPlaces'> {
  bounds: Bounds
  env: NodeJS.ProcessEnv
  tokens: Tokens
  /** Counts what comes through the port without a valid token. */
  strangers: Turnstile
  resting: Resting
  health: ServerHealth
  places: Places
  connections: Connections
}

export const createDesk = (options: GatewayOptions): Desk => {
  const { env = process.env, resolve, sharedPlaces = null } = options
  const bounds = { ...gateBounds, ...options.bounds }
  const health = createServerHealth(options.clock)
  return {
    ...options,
    bounds,
    tokens: createTokens(),
    strangers: createTurnstile(bounds, options.clock),
    resting: createResting(options.clock),
    env,
    health,
    places: createPlaces(bounds, health, sharedPlaces),
    connections: createConnections(createAddressBook(resolve, bounds.connectMs)),
  }
}
