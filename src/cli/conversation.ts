/** What agents said and did, for reading: a head where the speaker changes, text as it is, tools folded to a line. */

import { cleanLine, cleanText, cutLines } from '../domain/text.ts'
import { shortDuration } from '../tui/units.ts'
import { looksLikeDiff, paintDiffLine } from './diff-paint.ts'
import type { Paint } from './paint.ts'
import type { TranscriptEntry } from './transcript.ts'

export interface ConversationOptions {
  paint: Paint
  /** All a tool printed, not only its end. */
  full: boolean
}

const tailShown = 6
const diffShown = 40
const longestLine = 2_000
const oneLineShown = 160
const inputShown = 200

/** Call with each entry in the order of time; gives the lines to print for it, possibly none. Keeps what is open. */
export const conversation = ({ paint, full }: ConversationOptions): ((entry: TranscriptEntry) => string[]) => {
  let speaker = ''
  const calls = new Map<string, number>()
  return entry => {
    const lines = body(entry, calls, paint, full).map(line => (full ? line : cutLines(line, longestLine)))
    if (lines.length === 0) return []
    const who = `${entry.id} ${entry.source}`
    const head = who === speaker ? [] : [...(speaker === '' ? [] : ['']), headOf(entry, paint)]
    speaker = who
    return [...head, ...lines]
  }
}

/** `── k3m9q2x7-2 · worker claude · attempt 1 · 04:41:35`. */
const headOf = ({ id, source, at }: TranscriptEntry, paint: Paint): string => {
  const [role = source, agent = '', attempt = ''] = source.split('-')
  const time = new Date(at).toISOString().slice(11, 19)
  return paint('bold', `── ${id} · ${role} ${agent} · attempt ${attempt}`) + paint('dim', ` · ${time} UTC`)
}

const body = (entry: TranscriptEntry, calls: Map<string, number>, paint: Paint, full: boolean): string[] => {
  const { event } = entry
  const key = (id: string): string => `${entry.id} ${entry.source} ${id}`
  switch (event.type) {
    case 'session':
      return event.model === null ? [] : [paint('dim', `model ${cleanLine(event.model, 80)}`)]
    case 'text':
      return textLines(event.text, paint)
    case 'thinking':
      return cleanText(event.text)
        .trim()
        .split('\n')
        .map(line => paint('dim', `┊ ${line}`))
    case 'tool.started':
      calls.set(key(event.id), entry.at)
      return [paint('cyan', `▸ ${cleanLine(event.tool, 60)} ${cleanLine(event.input, full ? 20_000 : inputShown)}`)]
    case 'tool.finished': {
      const started = calls.get(key(event.id))
      calls.delete(key(event.id))
      return toolEnd(event, started === undefined ? null : entry.at - started, paint, full)
    }
    case 'retry': {
      const status = event.status === null ? '' : ` after HTTP ${event.status}`
      return [paint('yellow', `retry${status}: ${cleanLine(event.detail, 300)}`)]
    }
    case 'steered':
      return [paint('bold', `operator: ${cleanText(event.text).trim()}`)]
    case 'notice':
      return [paint('yellow', cleanLine(event.text, 500))]
    case 'usage':
    case 'unknown':
      return []
  }
}

/** Text as it is; what stands in a fence marked as a diff is coloured like one. */
const textLines = (text: string, paint: Paint): string[] => {
  let isDiff = false
  return cleanText(text)
    .trim()
    .split('\n')
    .map(line => {
      if (/^\s*(?:```|~~~)/.test(line)) {
        isDiff = !isDiff && /^\s*(?:```|~~~)(?:diff|patch)\b/.test(line)
        return line
      }
      return isDiff ? paintDiffLine(line, paint) : line
    })
}

const toolEnd = (
  event: { ok: boolean | null; exitCode: number | null; output: string },
  tookMs: number | null,
  paint: Paint,
  full: boolean,
): string[] => {
  const clean = cleanText(event.output)
  const lines = clean.split('\n').filter(line => line.trim() !== '')
  const failed = event.ok === false || (event.exitCode ?? 0) !== 0
  const facts = [
    failed ? `failed${event.exitCode === null ? '' : ` with exit code ${event.exitCode}`}` : '',
    lines.length === 0 ? '' : lines.length === 1 ? '1 line' : `${lines.length} lines`,
    tookMs === null || tookMs < 1_000 ? '' : shortDuration(tookMs),
  ].filter(fact => fact !== '')
  const isDiff = looksLikeDiff(clean)
  const most = full ? lines.length : isDiff ? diffShown : failed ? tailShown : lines.length === 1 ? 1 : 0
  // A diff is read from its head, everything else says at its end what it came to.
  const shown = isDiff ? lines.slice(0, most) : lines.slice(lines.length - most)
  const printed = shown.map(line => `  ${isDiff ? paintDiffLine(line, paint) : paint('dim', line)}`)
  if (facts.length === 0) return printed
  if (!failed && lines.length === 1 && !full) return [paint('dim', `  ${cleanLine(lines[0]!, oneLineShown)}`)]
  const end = paint(failed ? 'red' : 'dim', `  ${failed ? '✗' : '✓'} ${facts.join(', ')}`)
  return isDiff || !failed ? [end, ...printed] : [...printed, end]
}
