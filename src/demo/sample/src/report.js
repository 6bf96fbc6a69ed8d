// What the command line prints.
import { lineUp } from 'line-up'
import { formatDuration } from './duration.js'

/** Minutes of all entries together. */
export const total = entries => entries.reduce((sum, entry) => sum + entry.minutes, 0)

/** One line an entry, then the total. */
export const renderEntries = entries =>
  lineUp([
    ...entries.map(({ day, minutes, what }) => [day, formatDuration(minutes), what]),
    ['total', formatDuration(total(entries)), ''],
  ])
    .map(line => line.trimEnd())
    .join('\n')
