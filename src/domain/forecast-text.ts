/** A plan's forecast in sentences: the head of the plan, the same wherever the plan is shown. */
import type { Forecast } from './forecast.ts'
import { count, duration, many } from './measures.ts'
import { cleanLine } from './text.ts'

const conflictsShown = 5

/** One sentence a line, without a mark in front. */
export const forecastLines = (forecast: Forecast): string[] => [
  sizeLine(forecast),
  ...figureLines(forecast),
  ...conflictLines(forecast),
  `Advice: ${adviceText(forecast)}`,
]

const sizeLine = ({ tasks, atOnce, places, rounds }: Forecast): string =>
  tasks === 1
    ? '1 task.'
    : `${many(tasks, 'task')}, at most ${atOnce} at work at once (${many(places, 'place')}); were all equally long, ${many(rounds, 'round')} instead of ${tasks} one after another.`

const figureLines = (forecast: Forecast): string[] => {
  const { parallelMs, oneWorkerMs, parallelTokens, oneWorkerTokens, samples, rehearsed } = forecast
  if (parallelMs === null || oneWorkerMs === null) {
    const why = samples === 0 ? 'no task' : 'no task of one of these kinds'
    return [
      `Minutes and tokens: not measured (${why} has been finished here${rehearsed ? ' in a rehearsal' : ''} yet).`,
    ]
  }
  return [
    `As planned: ${duration(parallelMs)}, ${tokens(parallelTokens)}. One worker for all of it: ${duration(oneWorkerMs)}, ${tokens(oneWorkerTokens)}.`,
    `Expected from the medians of ${many(samples, 'task')} finished here${rehearsed ? ' in rehearsals, which say nothing about real models' : ''}; one worker is taken to pay its opening prompt and its verification once.`,
  ]
}

const tokens = (value: number | null): string => (value === null ? 'tokens not measured' : `${count(value)} tokens`)

const conflictLines = ({ tasks, conflicts, withoutPaths }: Forecast): string[] => {
  if (tasks === 1) return []
  const blind = withoutPaths === 0 ? '' : ` ${many(withoutPaths, 'task names', 'tasks name')} no paths: not measured.`
  if (conflicts.length === 0)
    return [
      `Likely conflicts: ${withoutPaths === tasks ? '' : 'none by the expected paths.'}${blind}`.replace(/: +/, ': '),
    ]
  const shown = conflicts
    .slice(0, conflictsShown)
    .map(({ one, other, path }) => `${one} and ${other} (${cleanLine(path, 80) || 'the whole repository'})`)
  const more = conflicts.length > conflictsShown ? ` and ${many(conflicts.length - conflictsShown, 'pair')} more` : ''
  return [`Likely conflicts: ${shown.join(', ')}${more}.${blind}`]
}

const adviceText = (forecast: Forecast): string => {
  const { parallelMs, oneWorkerMs, parallelTokens, oneWorkerTokens, conflicts } = forecast
  const saved = parallelMs === null || oneWorkerMs === null ? 0 : oneWorkerMs - parallelMs
  const dearer = parallelTokens === null || oneWorkerTokens === null ? null : parallelTokens - oneWorkerTokens
  const price = dearer === null ? 'an unmeasured number of tokens' : `${count(Math.max(0, dearer))} tokens more`
  switch (forecast.reason) {
    case 'oneTask':
      return 'one worker, for there is one task.'
    case 'chain':
      return 'one worker, for each task waits for another and nothing would be at work at the same time.'
    case 'samePaths':
      return 'one worker, for any two tasks that could be at work at once expect to change the same paths.'
    case 'overlap':
      return `order ${conflicts[0]!.one} and ${conflicts[0]!.other} (dependsOn), for both expect to change ${cleanLine(conflicts[0]!.path, 80) || 'the whole repository'}.`
    case 'savesLittle':
      return `one worker, for in parallel it would save ${duration(Math.max(0, saved))} of ${duration(oneWorkerMs ?? 0)} and cost ${price}.`
    case 'saves':
      return `in parallel, for it saves ${duration(saved)} of ${duration(oneWorkerMs ?? 0)} and costs ${price}.`
    case 'notMeasured':
      return 'in parallel, for the graph allows it and no two expected paths overlap; what it gains is not measured here yet.'
  }
}
