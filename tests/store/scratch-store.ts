/** A store in a directory of its own that goes away with the test, and events and requests to put into it. */
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { onTestFinished } from 'vitest'
import type { RunRequest } from '../../src/domain/run-request.ts'
import { openDatabase } from '../../src/store/database.ts'
import { createStore, type Store } from '../../src/store/store.ts'

export const scratchDir = (): string => {
  const root = join(import.meta.dirname, '../../.scratch')
  mkdirSync(root, { recursive: true })
  const dir = mkdtempSync(join(root, 'store-'))
  onTestFinished(() => rmSync(dir, { recursive: true, force: true }))
  return dir
}

export const scratchStore = (dir = scratchDir()): Store & { path: string } => {
  const path = join(dir, 'store.db')
  const store = createStore(openDatabase(path))
  onTestFinished(() => store.close())
  return { ...store, path }
}

export const runId = 'k3m9q2x7'
export const taskId = 'k3m9q2x7-1'
export const oid = (digit: string): string => digit.repeat(40)
export const contentId = (digit: string): string => `c-${digit.repeat(16)}`

export const request: RunRequest = {
  lane: 'personal',
  goalContentId: contentId('1'),
  configContentId: contentId('2'),
  configHash: 'abc',
  planContentId: null,
  scenarioContentId: contentId('3'),
  containment: 'boxed',
  network: 'gate',
  setupHosts: null,
  workers: ['claude', 'codex'],
  maxParallel: 2,
  maxAttempts: 3,
  independence: 'vendor',
  limits: { requests: 10, tokens: 1_000, minutes: 5, attemptWallMs: 1, modelSilenceMs: 1, toolSilenceMs: 1 },
  purpose: 'work',
  reviewPlan: false,
}
