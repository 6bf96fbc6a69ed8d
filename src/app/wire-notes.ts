/** Keeps what the gateway heard of each attempt: tokens, life, and how long the provider wants to be left alone. */
import { type Usage, unmeasured } from '../domain/attempt.ts'
import type { Grant, MeterRecord } from '../lanes/gateway/grant.ts'
import type { WireNotes } from './host.ts'

export interface WireNotebook {
  of(grant: Grant): WireNotes
  heard(grant: Grant, now: number): void
  metered(grant: Grant, record: MeterRecord): void
  /** A request was sent back at the gate: its provider wants to be left alone until then. */
  rests(grant: Grant, until: number): void
}

export const createWireNotebook = (): WireNotebook => {
  const notes = new WeakMap<Grant, WireNotes>()
  const of = (grant: Grant): WireNotes => {
    const known = notes.get(grant) ?? { usage: { ...unmeasured }, heardAt: 0, retryAt: null, status: null }
    notes.set(grant, known)
    return known
  }
  return {
    of,
    heard: (grant, now) => {
      of(grant).heardAt = now
    },
    metered: (grant, record) => {
      const note = of(grant)
      note.usage = sum(note.usage, record)
      note.status = record.status
      if (record.retryAfterMs !== null) note.retryAt = record.endedAt + record.retryAfterMs
    },
    rests: (grant, until) => {
      of(grant).retryAt = until
    },
  }
}

/** What was not measured adds nothing; a sum of nothing measured stays unmeasured. */
const sum = (usage: Usage, record: Pick<MeterRecord, 'input' | 'cached' | 'output'>): Usage => {
  const add = (one: number | null, other: number | null): number | null => (other === null ? one : (one ?? 0) + other)
  return {
    input: add(usage.input, record.input),
    cached: add(usage.cached, record.cached),
    output: add(usage.output, record.output),
  }
}
