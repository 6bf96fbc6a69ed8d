/** What the store knows of a run, as rows of an export. Call within one transaction, so that it is of one moment. */
import type { ExportedContentKind, FactRow, WordRowOf } from '../../domain/export-file.ts'
import type { Oid } from '../../domain/ids.ts'
import type { Redactor } from '../../domain/redaction/redactor.ts'
import type { Store } from '../../store/store.ts'

export const factRows = (store: Store, runId: string): FactRow[] => {
  const logged = store.events.ofRun(runId)
  const trees = new Set(logged.flatMap(({ event }) => valuesOf(event, key => key === 'tree')))
  const imported = store.imports.of(runId) !== null
  const checks = imported ? store.imports.checksOfRun(runId) : [...trees].flatMap(tree => store.checks.ofTree(tree))
  return [
    ...logged.map(({ at, event }): FactRow => ({ row: 'event', at, event })),
    ...store.machines.ofRun(runId).map(({ id, state }): FactRow => ({ row: 'state', id, state })),
    ...store.requests.ofRun(runId).map(({ runId: _, ...request }): FactRow => ({ row: 'request', ...request })),
    ...store.launches.ofRun(runId).map(({ id: _, runId: __, ...launch }): FactRow => ({ row: 'launch', ...launch })),
    ...checks.map(
      ({ tree, name, status, exitCode, durationMs }): FactRow => ({
        ...{ row: 'check', tree, name, status },
        ...{ exitCode, durationMs },
      }),
    ),
  ]
}

/** Every row that was not erased, without secrets by today's rules. */
export const contentRows = (store: Store, runId: string, redactor: Redactor): WordRowOf<'content'>[] =>
  store.content.ofRun(runId).map(({ id, taskId, kind, at, text }) => ({
    ...{ row: 'content', id, taskId, at },
    kind: kind satisfies (typeof ExportedContentKind)['options'][number],
    text: redactor.redact(text),
  }))

const commitKeys = ['base', 'main', 'tip', 'agent', 'commit', 'from', 'to']

/** Every commit the log names. */
export const commitsNamed = (facts: readonly FactRow[]): Oid[] => [
  ...new Set(facts.flatMap(row => (row.row === 'event' ? valuesOf(row.event, key => commitKeys.includes(key)) : []))),
]

const oid = /^(?:[0-9a-f]{40}|[0-9a-f]{64})$/

/** Object ids under such keys, at any depth. */
const valuesOf = (value: unknown, isMeant: (key: string) => boolean): Oid[] => {
  if (typeof value !== 'object' || value === null) return []
  return Object.entries(value).flatMap(([key, inner]) =>
    typeof inner === 'string' ? (isMeant(key) && oid.test(inner) ? [inner] : []) : valuesOf(inner, isMeant),
  )
}

/** Where the run began, once it had. */
export const baseOf = (facts: readonly FactRow[]): Oid | null => {
  const ready = facts.findLast(row => row.row === 'event' && row.event.type === 'base.ready')
  return ready?.row === 'event' && ready.event.type === 'base.ready' ? ready.event.base : null
}
