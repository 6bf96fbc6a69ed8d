/** The time line: what ran when, one row per task, with the chain that held the run up. */
import type { CriticalPath } from './critical-path.ts'
import { type Html, html } from './html.ts'
import { duration, many } from './measures.ts'
import { endOfLaunch } from './receipt-cost.ts'
import { anchorOf, percent, wideTable } from './receipt-html-parts.ts'
import { titleOf } from './receipt-task.ts'
import type { LaunchView, RunView } from './run-view.ts'
import { cleanLine } from './text.ts'

const kinds = ['planner', 'worker', 'researcher', 'verifier', 'check', 'setup'] as const
type Kind = (typeof kinds)[number] | 'other'

const kindOf = ({ what }: LaunchView): Kind =>
  kinds.find(kind => what === kind || what.startsWith(`${kind} `)) ?? 'other'

interface Scale {
  start: number
  spanMs: number
}

/** A process that left no end is drawn up to where the run came to rest, or to `now`. */
export const renderTime = (view: RunView, path: CriticalPath, now: number): Html => {
  if (view.launches.length === 0) return html`<p class="soft">No process was started.</p>`
  // A clock set back meanwhile: nothing that is under way ends before it began.
  const until = Math.max(view.endedAt ?? now, ...view.launches.map(launch => launch.startedAt))
  const ends = view.launches.map(launch => launch.endedAt ?? until)
  const start = Math.min(view.requestedAt, ...view.launches.map(launch => launch.startedAt))
  const scale: Scale = { start, spanMs: Math.max(1, Math.max(until, ...ends) - start) }
  const shared = view.launches.filter(launch => launch.taskId === null)
  const used = [...new Set(view.launches.map(kindOf))]
  return html`${pathSentence(view, path, scale)}
<ol class="time">${axis(scale)}
${shared.length > 0 && timeRow('The run', null, false, shared, null, scale, until)}
${view.tasks.map(task => {
  const own = view.launches.filter(launch => launch.taskId === task.taskId)
  const name = `${task.number}. ${cleanLine(titleOf(task, view.erased), 80)}`
  return (
    own.length > 0 &&
    timeRow(name, anchorOf(task), path.taskIds.includes(task.taskId), own, task.integrated?.at ?? null, scale, until)
  )
})}</ol>
<ul class="legend">${[...kinds, 'other' as const]
    .filter(kind => used.includes(kind))
    .map(
      kind =>
        html`<li><svg><rect width="10" height="10" rx="2" class="${kind}"/></svg>${kind === 'other' ? 'harvest and the rest' : kind}</li>`,
    )}
<li><svg><circle cx="5" cy="5" r="4.5" class="done"/></svg>integrated</li></ul>
${listed(view, start, until)}`
}

const pathSentence = (view: RunView, path: CriticalPath, scale: Scale): Html => {
  const chain = path.taskIds.map(id => view.tasks.find(task => task.taskId === id)?.number ?? '?').join(' → ')
  const waited = scale.spanMs - path.ms
  const rest = waited > 0 ? `; ${duration(waited)} of the run were spent outside it` : ''
  return html`<p>${duration(scale.spanMs)} in all for ${duration(path.workMs)} of processes. The critical path takes ${duration(path.ms)}: planning and set-up${chain !== '' && `, then task ${chain}`}${rest}.</p>`
}

const timeRow = (
  name: string,
  anchor: string | null,
  isOnPath: boolean,
  launches: readonly LaunchView[],
  integratedAt: number | null,
  scale: Scale,
  until: number,
): Html => {
  const bars = launches.map(launch => {
    const took = Math.max(0, (launch.endedAt ?? until) - launch.startedAt)
    const isBad = launch.signal !== null || (launch.exitCode ?? 0) !== 0
    return html`<rect x="${percent(launch.startedAt - scale.start, scale.spanMs)}" y="3" height="14" rx="2" width="${percent(Math.max(took, scale.spanMs / 400), scale.spanMs)}" class="${kindOf(launch)}${isBad && ' failed'}"><title>${launch.what}, ${duration(took)}, ${endOfLaunch(launch)}</title></rect>`
  })
  const mark =
    integratedAt !== null &&
    html`<circle cx="${percent(integratedAt - scale.start, scale.spanMs)}" cy="10" r="5" class="done"><title>integrated</title></circle>`
  const label = anchor === null ? html`${name}` : html`<a href="#${anchor}">${name}</a>`
  return html`<li${isOnPath && html` class="path"`}><span class="name">${label}</span><svg role="img"><rect y="9" width="100%" height="2" class="track"/>${bars}${mark}</svg></li>
`
}

const steps = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1_800, 3_600, 7_200, 14_400, 28_800, 86_400]

/** At most six marks, at round times. */
const axis = (scale: Scale): Html => {
  const step = (steps.find(seconds => scale.spanMs / (seconds * 1_000) <= 6) ?? 86_400 * 7) * 1_000
  const marks = Array.from({ length: Math.floor(scale.spanMs / step) + 1 }, (_, index) => index * step)
  return html`<li class="axis" aria-hidden="true"><span class="name"></span><svg>${marks.map(at => {
    const x = percent(at, scale.spanMs)
    const anchor = at === 0 ? 'start' : at / scale.spanMs > 0.93 ? 'end' : 'middle'
    return html`<text x="${x}" y="12" text-anchor="${anchor}">${shortTime(at)}</text>`
  })}</svg></li>
`
}

const shortTime = (ms: number): string => {
  const seconds = Math.round(ms / 1_000)
  if (seconds < 60) return `${seconds} s`
  if (seconds < 3_600) return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, '0')}`
  return `${Math.floor(seconds / 3_600)} h${seconds % 3_600 === 0 ? '' : ` ${Math.round((seconds % 3_600) / 60)} min`}`
}

const maxListed = 300

const listed = (view: RunView, start: number, until: number): Html => {
  const shown = view.launches.slice(0, maxListed)
  const more = view.launches.length - shown.length
  const rows = shown.map(launch => [
    launch.what,
    launch.taskId === null ? '–' : launch.taskId.slice(9),
    `+${duration(Math.max(0, launch.startedAt - start))}`,
    launch.endedAt === null
      ? `at least ${duration(until - launch.startedAt)}`
      : duration(launch.endedAt - launch.startedAt),
    endOfLaunch(launch),
  ])
  return html`<details><summary>${many(view.launches.length, 'process', 'processes')}, one by one</summary>
${wideTable(['What', 'Task', 'Start', 'Took', 'End'], rows)}${more > 0 && html`<p class="soft">… and ${more} more.</p>`}</details>`
}
