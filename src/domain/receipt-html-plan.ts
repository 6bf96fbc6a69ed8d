/** The plan as a graph: a row per task, dependencies as lines that run down beside the rows. */
import { type Html, html } from './html.ts'
import type { TaskId } from './ids.ts'
import { many } from './measures.ts'
import { anchorOf, stateBadge, toneOf } from './receipt-html-parts.ts'
import { titleOf } from './receipt-task.ts'
import type { RunView, TaskView } from './run-view.ts'

/** A task's row: in which lane its node stands, and which lines cross the row. */
export interface GraphRow {
  task: TaskView
  lane: number
  /** Lines that come from above and end here, at this row's node: the lanes they come down in. */
  from: { lane: number; ends: boolean; taskId: TaskId }[]
  /** Lanes that pass through without touching. */
  through: { lane: number; taskId: TaskId }[]
  hasChildren: boolean
}

/**
 * Rows in an order in which every task comes after what it depends on. A task with dependants keeps a lane of its own
 * down to the last of them, so that no line ever runs through another task's node.
 */
export const graphRows = (tasks: readonly TaskView[]): GraphRow[] => {
  const ordered = inOrder(tasks)
  const lastChild = new Map<TaskId, number>()
  for (const [at, task] of ordered.entries()) for (const id of task.dependsOn) lastChild.set(id, at)
  const lanes: ({ taskId: TaskId; until: number } | null)[] = []
  return ordered.map((task, at) => {
    const busy = lanes.map((line, lane) => ({ lane, line })).filter(({ line }) => line !== null)
    const mine = (taskId: TaskId): boolean => task.dependsOn.includes(taskId)
    const from = busy
      .filter(({ line }) => mine(line!.taskId))
      .map(({ lane, line }) => ({ lane, ends: line!.until === at, taskId: line!.taskId }))
    const through = busy
      .filter(({ line }) => !mine(line!.taskId))
      .map(({ lane, line }) => ({ lane, taskId: line!.taskId }))
    for (const { lane, ends } of from) if (ends) lanes[lane] = null
    const free = lanes.indexOf(null)
    const lane = free === -1 ? lanes.length : free
    const until = lastChild.get(task.taskId)
    lanes[lane] = until === undefined || until <= at ? null : { taskId: task.taskId, until }
    return { task, lane, from, through, hasChildren: lanes[lane] !== null }
  })
}

/** By number, but never before what it depends on; what can't be ordered (a circle) comes last as it is. */
const inOrder = (tasks: readonly TaskView[]): TaskView[] => {
  const left = tasks.toSorted((a, b) => a.number - b.number)
  const ids = new Set(left.map(task => task.taskId))
  const ordered: TaskView[] = []
  while (left.length > 0) {
    const done = new Set(ordered.map(task => task.taskId))
    const next = left.findIndex(task => task.dependsOn.every(id => done.has(id) || !ids.has(id)))
    ordered.push(...left.splice(Math.max(0, next), 1))
  }
  return ordered
}

const maxGutter = 132

export const renderPlanGraph = (view: RunView, path: readonly TaskId[]): Html => {
  const rows = graphRows(view.tasks)
  const lanes = Math.max(1, ...rows.map(row => row.lane + 1))
  const step = Math.min(22, maxGutter / lanes)
  return html`<ol class="plan">${rows.map(row => planRow(row, view, path, step, lanes))}</ol>`
}

const planRow = (row: GraphRow, view: RunView, path: readonly TaskId[], step: number, lanes: number): Html => {
  const { task } = row
  const needs = task.dependsOn.map(id => id.slice(9)).join(', ')
  return html`<li>${gutter(row, path, step, lanes)}
<div class="what"><a href="#${anchorOf(task)}">${task.number}. ${titleOf(task, view.erased)}</a>
<div class="meta">${[task.kind, task.worker, `${task.risk} risk`].join(' · ')}${needs !== '' && ` · after ${needs}`}${path.includes(task.taskId) && ' · on the critical path'}${resultOf(task)}</div></div>
<div class="state">${stateBadge(task.state)}</div></li>`
}

const resultOf = (task: TaskView): string => {
  const attempts = new Set(task.attempts.map(attempt => attempt.n)).size
  const lines = task.lines === null ? '' : ` · +${task.lines.added}\u00a0−${task.lines.deleted}`
  return `${lines}${attempts > 1 ? ` · ${many(attempts, 'attempt')}` : ''}`
}

/** The first SVG only gives the column its width; the second is as high as the row turns out. */
const gutter = (row: GraphRow, path: readonly TaskId[], step: number, lanes: number): Html => {
  const x = (lane: number): number => Math.round((lane + 0.5) * step * 10) / 10
  const own = x(row.lane)
  const onPath = (from: TaskId): boolean => {
    const at = path.indexOf(from)
    return at >= 0 && path[at + 1] === row.task.taskId
  }
  const follows = (taskId: TaskId): boolean => {
    const next = path[path.indexOf(taskId) + 1]
    return path.includes(taskId) && next !== undefined
  }
  const line = (x1: number, y1: string, x2: number, y2: string, marked: boolean): Html =>
    html`<line x1="${x1}" y1="${y1}" x2="${x2}" y2="${y2}"${marked && html` class="path"`}/>`
  const lines = [
    ...row.through.map(one => line(x(one.lane), '0', x(one.lane), '100%', passes(one.taskId, row, path))),
    ...row.from.flatMap(one => {
      const marked = onPath(one.taskId)
      const down = one.ends
        ? []
        : [line(x(one.lane), '50%', x(one.lane), '100%', !marked && passes(one.taskId, row, path))]
      return [
        ...down,
        line(x(one.lane), '0', x(one.lane), '50%', marked || passes(one.taskId, row, path)),
        line(x(one.lane), '50%', own, '50%', marked),
      ]
    }),
    ...(row.hasChildren ? [line(own, '50%', own, '100%', follows(row.task.taskId))] : []),
  ]
  const node = html`<circle cx="${own}" cy="50%" r="${Math.max(4, Math.min(7.5, step / 2))}" class="${toneOf(row.task.state)}"/>`
  const width = Math.ceil(step * lanes)
  return html`<div class="lanes" aria-hidden="true"><svg width="${width}" height="1"></svg><svg>${lines}${node}</svg></div>`
}

/** Whether the critical path runs down this lane past this row: its next task is further down. */
const passes = (taskId: TaskId, row: GraphRow, path: readonly TaskId[]): boolean => {
  const at = path.indexOf(taskId)
  const next = path[at + 1]
  return (
    at >= 0 && next !== undefined && !row.task.dependsOn.includes(taskId) && Number(next.slice(9)) > row.task.number
  )
}
