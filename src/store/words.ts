/** What a view shows that is not in the log: content by id, and the cached results of checks. */
import { z } from 'zod'
import { CheckResult } from '../domain/check.ts'
import type { ContentId } from '../domain/ids.ts'
import type { CheckView } from '../domain/run-view.ts'
import type { Store } from './store.ts'

export interface Words {
  /** null when erased. */
  text(id: ContentId): string | null
  /** Check results kept as content, or, once erased, what the cache still knows of the tree. */
  checkResults(id: ContentId, tree: string): CheckView[]
}

const StoredResults = z.union([
  z.array(CheckResult),
  z.object({ results: z.array(CheckResult) }).transform(kept => kept.results),
])

export const wordsOf = (store: Pick<Store, 'content' | 'checks' | 'imports'>, runId: string): Words => ({
  text: id => store.content.text(id),
  checkResults: (id, tree) =>
    readJson(store.content.text(id), StoredResults) ??
    (store.imports.of(runId) === null ? store.checks.ofTree(tree) : store.imports.checks(runId, tree)).map(
      ({ name, status, exitCode, durationMs }) => ({ name, status, exitCode, durationMs, cached: null }),
    ),
})

/** Parses stored JSON; null when it is gone or not of this shape. */
export const readJson = <S extends z.ZodType>(text: string | null, schema: S): z.output<S> | null => {
  if (text === null) return null
  try {
    return schema.safeParse(JSON.parse(text)).data ?? null
  } catch {
    return null
  }
}
