/** The receipt's figures: cost per worker, and what ran when. */
import { inline, table } from './markdown.ts'
import { count, duration, many } from './measures.ts'
import type { LaunchView, RunView } from './run-view.ts'

/** `12 requests, 3,456 tokens (2 requests not measured)`; tokens nobody measured are not called 0. */
export const spendingText = ({ requests, tokens, unmeasured }: RunView['spending']): string => {
  const known = tokens === 0 && unmeasured > 0 ? 'tokens not measured' : `${count(tokens)} tokens`
  return `${many(requests, 'request')}, ${known}${unmeasured === 0 ? '' : ` (${many(unmeasured, 'request')} not measured)`}`
}

export const renderCost = (view: RunView, money = 'Money: not measured.'): string => {
  const total = `${spendingText(view.spending)}. ${inline(money)}`
  if (view.costs.length === 0) return total
  const rows = view.costs.map(cost => [
    cost.worker,
    cost.roles.join(', '),
    count(cost.requests),
    count(cost.input),
    count(cost.cached),
    count(cost.output),
    count(cost.unmeasured),
    duration(cost.waitedMs),
  ])
  const head = [
    'Worker',
    'As',
    'Requests',
    'Tokens in',
    'of them cached',
    'Tokens out',
    'Requests not measured',
    'Waited for the model',
  ]
  return `${total}\n\n${table(head, rows)}`
}

const maxLaunches = 200

/** Every foreign process, with its start counted from the request. */
export const renderTimeLine = (view: RunView): string => {
  if (view.launches.length === 0) return 'No process was started.'
  const rows = view.launches
    .slice(0, maxLaunches)
    .map(launch => [
      `+${duration(Math.max(0, launch.startedAt - view.requestedAt))}`,
      launch.endedAt === null ? '–' : duration(Math.max(0, launch.endedAt - launch.startedAt)),
      launch.taskId === null ? '–' : launch.taskId.slice(9),
      inline(launch.what, 80),
      endOfLaunch(launch),
    ])
  const more = view.launches.length - rows.length
  const lines = table(['Start', 'Took', 'Task', 'What', 'End'], rows)
  return more > 0 ? `${lines}\n\n… and ${many(more, 'process', 'processes')} more.` : lines
}

/** How a process ended, in two words. */
export const endOfLaunch = (launch: LaunchView): string => {
  if (launch.signal !== null) return launch.signal
  if (launch.exitCode !== null) return `exit ${launch.exitCode}`
  return launch.endedAt === null ? 'no end seen' : 'ended'
}
