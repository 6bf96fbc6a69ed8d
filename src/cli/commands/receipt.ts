/** `agentlab receipt RUN [--html FILE]`: the run's receipt in Markdown, or as one HTML file. */
import { writeFile } from 'node:fs/promises'
import { resolve } from 'node:path'
import { AgentLabError, exitCode } from '../../domain/errors.ts'
import { moneySentence } from '../../domain/prices.ts'
import { renderReceipt } from '../../domain/receipt.ts'
import { renderReceiptHtml } from '../../domain/receipt-html.ts'
import type { RunView } from '../../domain/run-view.ts'
import type { Answer, Call } from '../call.ts'
import { type NearProject, openNear } from '../near-store.ts'
import { runNamed, viewOf } from '../project.ts'
import { moneyOfRun, receiptMaterial } from '../receipt-material.ts'

export const receipt = async (call: Call, id: string, options: { html?: string }): Promise<Answer> => {
  const opened = await openNear(call)
  const runId = runNamed(opened, id)
  const project = opened!
  const view = viewOf(project, runId)
  if (options.html !== undefined) return asHtml(call, project, view, options.html)
  const money = moneySentence((await moneyOfRun(project, view)).total, view.rehearsed)
  return { text: renderReceipt(view, money).trimEnd(), json: view }
}

/** `-` is standard output. */
const asHtml = async (call: Call, project: NearProject, view: RunView, file: string): Promise<Answer> => {
  const page = renderReceiptHtml(view, await receiptMaterial(project, view, Date.now()))
  if (file === '-') return { text: page.trimEnd(), json: { runId: view.runId, html: page } }
  const path = resolve(call.cwd, file)
  await writeFile(path, page, { mode: 0o600 }).catch((error: NodeJS.ErrnoException) => {
    throw new AgentLabError(`receipt failed on writing ${path}: ${error.code ?? error.message}`, {
      code: 'file-unwritable',
      cure: 'Name a file in a folder that exists and is yours to write, or - for standard output.',
      exit: exitCode.wrongUse,
      cause: error,
    })
  })
  const bytes = Buffer.byteLength(page)
  return {
    text: path,
    json: { runId: view.runId, file: path, bytes },
    remarks: ['Open it in any browser; it needs no network.'],
  }
}
