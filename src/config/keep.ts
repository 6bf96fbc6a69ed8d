/** How long what can be made again, or lies safe elsewhere, is kept on disk; the operator's alone. */
import { z } from 'zod'

const Days = z.number().min(0).max(3_650)

export const KeepSettings = z.strictObject({
  environments: z
    .strictObject({ sizeGiB: z.number().positive().max(100_000).optional(), days: Days.optional() })
    .optional(),
  /** Seats of runs that have ended. */
  seatsDays: Days.optional(),
  /** Room that stays free on the disk of the data dirs, in MB of 1,024² bytes. */
  freeMB: z.number().int().nonnegative().max(100_000_000).optional(),
})
export type KeepSettings = z.infer<typeof KeepSettings>

export interface KeepBounds {
  environmentBytes: number
  environmentMs: number
  seatMs: number
}

const dayMs = 24 * 3_600_000

/** What holds where the operator's file says nothing: 20 GiB, 30 days, 7 days. */
export const keepBounds = (settings: KeepSettings = {}): KeepBounds => ({
  environmentBytes: (settings.environments?.sizeGiB ?? 20) * 1024 ** 3,
  environmentMs: (settings.environments?.days ?? 30) * dayMs,
  seatMs: (settings.seatsDays ?? 7) * dayMs,
})

/** What has to stay free on the disk of the data dirs; 512 MB where nothing is said. */
export const freeBytesToKeep = (settings: KeepSettings = {}): number => (settings.freeMB ?? 512) * 1024 ** 2
