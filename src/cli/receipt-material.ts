/** Gathers what the HTML receipt shows beside the view: diffs from git, money from the metered requests. */
import { createHash } from 'node:crypto'
import type { TaskId } from '../domain/ids.ts'
import { type Money, moneyOf, noMoney } from '../domain/prices.ts'
import type { ReceiptMaterial } from '../domain/receipt-html.ts'
import type { RunMoney } from '../domain/receipt-html-cost.ts'
import type { TaskDiff } from '../domain/receipt-html-task.ts'
import type { RunView, TaskView } from '../domain/run-view.ts'
import { diffText } from '../git/diff.ts'
import { mergeBase } from '../git/refs.ts'
import type { NearProject } from './near-store.ts'

const gitsAtOnce = 4

export const receiptMaterial = async (project: NearProject, view: RunView, now: number): Promise<ReceiptMaterial> => {
  const diffs = new Map<TaskId, TaskDiff[]>()
  const left = [...view.tasks]
  const work = async (): Promise<void> => {
    for (let task = left.shift(); task !== undefined; task = left.shift())
      diffs.set(task.taskId, await taskDiffs(project, task))
  }
  await Promise.all(Array.from({ length: gitsAtOnce }, work))
  const sha256 = (text: string): string => createHash('sha256').update(text).digest('base64')
  return { diffs, money: await moneyOfRun(project, view), sha256, now }
}

/** What the run came to at list prices, and each worker's part. */
export const moneyOfRun = async (project: NearProject, view: RunView): Promise<RunMoney> => {
  if (view.rehearsed) return { total: noMoney(), byWorker: new Map() }
  const { loadPrices } = await import('../config/prices.ts')
  const prices = await loadPrices(project.env)
  const requests = project.store.requests.ofRun(view.runId)
  const workers = [...new Set(requests.map(request => request.worker))]
  const byWorker = new Map<string, Money>(
    workers.map(worker => [
      worker,
      moneyOf(
        prices,
        requests.filter(request => request.worker === worker),
      ),
    ]),
  )
  return { total: moneyOf(prices, requests), byWorker }
}

/** Of the last tip, and of earlier ones in whose files a verdict found something. */
const taskDiffs = async (project: NearProject, task: TaskView): Promise<TaskDiff[]> => {
  if (task.tip === null || task.base === null) return []
  const found = task.verdicts
    .filter(verdict => verdict.findings.some(finding => finding.file !== undefined))
    .map(verdict => verdict.tip)
  const tips = new Set([...found.filter(tip => tip !== task.tip), task.tip])
  const diffs: TaskDiff[] = []
  for (const tip of tips) diffs.push({ tip, text: await diffTo(project, task, tip) })
  return diffs
}

/** The work up to `tip`, against what that tip was begun from; null where git has lost it. */
const diffTo = async (project: NearProject, task: TaskView, tip: string): Promise<string | null> => {
  try {
    const agent = task.checks.find(checks => checks.tip === tip)?.agent
    const from = tip === task.tip || agent === undefined ? task.base : await mergeBase(project.repository, agent, tip)
    return from === null ? null : await diffText(project.repository, from, tip)
  } catch {
    return null
  }
}
