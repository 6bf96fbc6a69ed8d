/**
 * `npm run bench`: every figure the papers quote, each a median beside its baseline in the same run. Names after the
 * command choose figures (a wrong one lists them). Ends with 1 when a bound is broken; no build asks for it, because
 * what else the machine does is in every figure.
 */
import { boxFigures } from './box.ts'
import { demo } from './demo.ts'
import { environment } from './environment.ts'
import { type Figure, isHeld, loadNow, rounds, stagesOf, tableOf } from './figure.ts'
import { gateFigures } from './gate.ts'
import { localFigures } from './local.ts'
import { privateRun } from './private.ts'
import { receiptHtml } from './receipt-html.ts'
import { redaction } from './redaction.ts'
import { runsListing } from './runs-listing.ts'
import { taskFigures } from './tasks.ts'
import { toolFigures } from './tools.ts'
import { trainFigures } from './train.ts'
import { version } from './version.ts'
import { workerFigures } from './workers.ts'
import { workspaceFigures } from './workspace.ts'

const benches: Record<string, () => Promise<Figure[]>> = {
  version: async () => [await version()],
  workspace: workspaceFigures,
  environment: async () => [await environment()],
  box: boxFigures,
  gate: gateFigures,
  tools: toolFigures,
  tasks: taskFigures,
  train: trainFigures,
  demo: async () => [await demo()],
  receipt: async () => [await receiptHtml()],
  runs: async () => [await runsListing()],
  workers: workerFigures,
  redaction: async () => [redaction()],
  local: localFigures,
  private: async () => [await privateRun()],
}

const wanted = process.argv.length > 2 ? process.argv.slice(2) : Object.keys(benches)
const unknown = wanted.filter(name => benches[name] === undefined)
if (unknown.length > 0) {
  process.stderr.write(`bench failed on ${unknown.join(', ')}: there are ${Object.keys(benches).join(', ')}\n`)
  process.exit(2)
}
const figures: Figure[] = []
for (const name of wanted) {
  const before = loadNow()
  const made = await benches[name]!()
  for (const figure of made) process.stdout.write(`${stagesOf(figure)}\n`)
  process.stdout.write(`load before: ${before}, after: ${loadNow()}\n\n`)
  figures.push(...made)
}
process.stdout.write(`${tableOf(figures)}\n\nMedians of ${rounds} rounds or more; load at the end: ${loadNow()}.\n`)
process.exitCode = figures.every(isHeld) ? 0 : 1
