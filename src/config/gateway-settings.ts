/** What the operator says about the gateway for their other tools (`agentlab gateway`). */
import { z } from 'zod'
import { Lane } from '../domain/lane.ts'

const count = z.number().int().positive()

/** A day begins at midnight where the gateway runs. */
const dayLimits = {
  requestsPerDay: count.max(100_000_000).optional(),
  /** Input and output together. */
  tokensPerDay: count.max(100_000_000_000).optional(),
}

/** As a browser says it: scheme, host and, where it is not the scheme's own, port. */
const Origin = z
  .string()
  .max(300)
  .refine(
    text => /^https?:\/\//.test(text) && URL.canParse(text) && new URL(text).origin === text,
    'must be an origin as browsers say it, such as http://127.0.0.1:3000 (no path, no *)',
  )

const HostName = z
  .string()
  .max(253)
  .regex(/^[a-z0-9](?:[a-z0-9.-]*[a-z0-9])?$/, 'must be a host in small letters, without a port')

export const GatewaySettings = z.strictObject({
  port: z.number().int().min(1_024).max(65_535).optional(),
  /** Of pages that may ask from a browser. */
  origins: z.array(Origin).max(50).optional(),
  /** Names beside loopback's own under which clients reach it, such as `host.docker.internal`. */
  hosts: z.array(HostName).max(20).optional(),
  ...dayLimits,
  lanes: z.partialRecord(Lane, z.strictObject(dayLimits)).optional(),
})
export type GatewaySettings = z.infer<typeof GatewaySettings>

/** Below the range of seats' ports and below those a system gives to outgoing connections. */
export const defaultGatewayPort = 4_880
