/** A point in time as people type it: `3d`, `12h`, `90m`, `2026-11-20`, `2026-11-20T08:00Z`. */
import { AgentLabError, exitCode } from '../domain/errors.ts'

const unitMs: Record<string, number> = { m: 60_000, h: 3_600_000, d: 86_400_000, w: 604_800_000 }

/** Epoch milliseconds; a date without a time is its midnight here. @throws AgentLabError `wrong-use` (exit 2) */
export const parseSince = (text: string, now: number, option = '--since'): number => {
  const ago = /^(\d{1,6})([mhdw])$/.exec(text.trim())
  if (ago !== null) return now - Number(ago[1]) * unitMs[ago[2]!]!
  if (/^\d{4}-\d{2}-\d{2}(?:T\d{2}:\d{2}(?::\d{2})?(?:\.\d{1,3})?(?:Z|[+-]\d{2}:\d{2})?)?$/.test(text.trim())) {
    const at = Date.parse(text.includes('T') ? text.trim() : `${text.trim()}T00:00`)
    if (!Number.isNaN(at)) return at
  }
  throw new AgentLabError(`agentlab failed on ${option} ${JSON.stringify(text.slice(0, 40))}: it is no time`, {
    code: 'wrong-use',
    cure: 'Say how long ago (90m, 12h, 3d, 2w) or a day (2026-11-20).',
    exit: exitCode.wrongUse,
  })
}
