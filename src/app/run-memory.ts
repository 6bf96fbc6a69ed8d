/** What never changes about a run once it is in the log, read and parsed once: its events so far, configuration and plan. */
import type { EffectiveConfig } from '../config/effective.ts'
import { type LoadedConfig, parseConfig } from '../config/load.ts'
import type { LoggedEvent } from '../domain/event.ts'
import { Plan } from '../domain/plan.ts'
import type { Store } from '../store/store.ts'

interface RunMemory {
  /** The log is only ever appended to: each reading goes on where the last one ended. */
  events: LoggedEvent[]
  config: { text: string; effective: EffectiveConfig } | null
  plan: { text: string; plan: Plan } | null
}

const memories = new WeakMap<Store, Map<string, RunMemory>>()

const memoryOf = (store: Store, runId: string): RunMemory => {
  const runs = memories.get(store) ?? new Map<string, RunMemory>()
  memories.set(store, runs)
  const memory = runs.get(runId) ?? { events: [], config: null, plan: null }
  runs.set(runId, memory)
  return memory
}

/** Lets go of what is remembered of a run; asking again reads it again. */
export const forgetRun = (store: Store, runId: string): void => void memories.get(store)?.delete(runId)

/** The run's events so far, oldest first. */
export const eventsOf = (store: Store, runId: string): readonly LoggedEvent[] => {
  const { events } = memoryOf(store, runId)
  events.push(...store.events.ofRun(runId, events.at(-1)?.seq ?? 0))
  return events
}

/** The run's configuration from the text it keeps. */
export const configOf = (store: Store, runId: string, text: string): EffectiveConfig => {
  const memory = memoryOf(store, runId)
  if (memory.config?.text !== text)
    memory.config = { text, effective: parseConfig(JSON.parse(text) as LoadedConfig['sources']).effective }
  return memory.config.effective
}

/** The same, found by the run's request; null once its words are erased. */
export const runConfig = (store: Store, runId: string): EffectiveConfig | null => {
  const requested = eventsOf(store, runId)[0]?.event
  const text = requested?.type === 'run.requested' ? store.content.text(requested.request.configContentId) : null
  return text === null ? null : configOf(store, runId, text)
}

/** The run's plan from the text it keeps. */
export const planFrom = (store: Store, runId: string, text: string): Plan => {
  const memory = memoryOf(store, runId)
  if (memory.plan?.text !== text) memory.plan = { text, plan: Plan.parse(JSON.parse(text)) }
  return memory.plan.plan
}
