/** `agentlab events [-f] [--since SEQ]`: the log as it is, one event a line; ids and counts, never anybody's words. */
import { setTimeout as sleep } from 'node:timers/promises'
import { cleanLine } from '../../domain/text.ts'
import { eventFeed, type FeedRow } from '../../store/event-feed.ts'
import type { Answer, Call } from '../call.ts'
import { withNearStore } from '../near-store.ts'
import type { Paint } from '../paint.ts'

const pageRows = 1_000
const pollMs = 200

/** Prints as it goes. With -f it goes on until it is interrupted. */
export const events = async (call: Call, options: { follow?: boolean; since?: number }): Promise<Answer> => {
  const printed = await withNearStore(call, async db => {
    const feed = eventFeed(db)
    let seq = options.since ?? 0
    for (;;) {
      const rows = feed.after(seq, pageRows)
      if (rows.length > 0) call.out.write(rows.map(row => `${lineOf(row, call)}\n`).join(''))
      seq = rows.at(-1)?.seq ?? seq
      if (call.signal.aborted) return seq
      if (rows.length === pageRows) continue
      if (options.follow !== true) return seq
      await sleep(pollMs, undefined, { signal: call.signal }).catch(() => undefined)
    }
  })
  return {
    text: '',
    json: null,
    remarks: printed === null ? ['No events yet. Start a run with: agentlab task "<goal>"'] : [],
  }
}

const lineOf = (row: FeedRow, call: Call): string =>
  call.json ? JSON.stringify({ seq: row.seq, at: row.at, epoch: row.epoch, ...row.event }) : eventLine(row, call.paint)

/** `12  2026-11-21T04:41:35.120Z  k3m9q2x7-2  checks.finished  status=passed`. */
export const eventLine = (row: FeedRow, paint: Paint): string => {
  const { type, runId, taskId, ...rest } = row.event
  const words = Object.entries(rest).flatMap(([key, value]) => factOf(key, value))
  const about = (taskId ?? runId).padEnd(11)
  const head = paint('dim', `${String(row.seq).padStart(6)} ${new Date(row.at).toISOString()}`)
  return `${head} ${about} ${paint('bold', type)}${words.length === 0 ? '' : ` ${words.join(' ')}`}`
}

/** Object ids in their first ten digits; content ids say nothing to a person. */
const factOf = (key: string, value: unknown): string[] => {
  if (value === null || value === undefined || key.endsWith('ContentId') || key === 'contentId') return []
  if (Array.isArray(value)) return [`${key}=${value.length}`]
  if (typeof value === 'object') return Object.entries(value).flatMap(([inner, one]) => factOf(`${key}.${inner}`, one))
  const text = String(value)
  return [`${key}=${cleanLine(/^[0-9a-f]{40,64}$/.test(text) ? text.slice(0, 10) : text, 80)}`]
}
