/** Redaction of ordinary text (our own sources and a log of a test run), beside the same bytes decoded and encoded once. */
import { readdirSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { createRedactor } from '../src/domain/redaction/redactor.ts'
import { type Figure, median, rounds } from './figure.ts'

const megabyte = 1024 * 1024
const sizeBytes = 16 * megabyte
/** At 50 MB a second. */
const mostMs = (sizeBytes / megabyte / 50) * 1_000

/** Milliseconds of processor time: it is one busy loop, and what else the machine does is no part of it. */
const busyMs = (work: () => unknown): number => {
  const before = process.cpuUsage()
  work()
  const { user, system } = process.cpuUsage(before)
  return (user + system) / 1_000
}

const sources = (): string => {
  const root = fileURLToPath(new URL('../src/', import.meta.url))
  const files = readdirSync(root, { recursive: true, withFileTypes: true }).filter(entry => entry.name.endsWith('.ts'))
  return files.map(entry => readFileSync(`${entry.parentPath}/${entry.name}`, 'utf8')).join('')
}

const logLines = (): string =>
  Array.from(
    { length: 4_000 },
    (_, line) =>
      `2026-01-05T10:${String(line % 60).padStart(2, '0')}:17.${line}Z  ok ${line} handles request ${line * 7919} in ${line % 97} ms (/srv/app/node_modules/lib/dist/index.js:${line}:17)\n`,
  ).join('')

export const redaction = (): Figure => {
  const some = Buffer.from(sources() + logLines(), 'utf8')
  const bytes = Buffer.concat(Array.from({ length: Math.ceil(sizeBytes / some.length) }, () => some)).subarray(
    0,
    sizeBytes,
  )
  const text = bytes.toString('latin1')
  const redactor = createRedactor(['a-credential-of-the-operator'])
  redactor.redact(text)
  const [ours, baseline]: number[][] = [[], []]
  for (let round = 0; round < rounds; round++) {
    baseline!.push(busyMs(() => Buffer.from(bytes.toString('latin1'), 'latin1').length))
    ours!.push(busyMs(() => redactor.redact(text).length))
  }
  const ms = median(ours!)
  return {
    name: `redaction of 16 MB, ${Math.round((sizeBytes / megabyte / ms) * 1_000)} MB/s of one processor`,
    unit: 'ms',
    measured: ms,
    baseline: { what: 'the same decoded and encoded', value: median(baseline!) },
    bound: { atMost: mostMs },
    stages: [['one pass', ms]],
  }
}
