/** The screen of `agentlab runs -f`: runs at the top, the chosen one's tasks below. A pure function from data to lines. */

import { erasedWords } from '../domain/erasure-words.ts'
import { many } from '../domain/measures.ts'
import { explainWait } from '../domain/outcome.ts'
import type { RunView } from '../domain/run-view.ts'
import { cleanLine } from '../domain/text.ts'
import { padToWidth } from '../domain/text-width.ts'
import { markOf, stateWord, taskLine } from './task-line.ts'
import { shortDuration, spentTokens } from './units.ts'

export interface RunsSnapshot {
  repository: string
  /** Newest first. */
  runs: RunView[]
  /** Index into `runs`. */
  selected: number
  /** Epoch milliseconds. */
  now: number
}

export interface ScreenLine {
  text: string
  style: 'title' | 'plain' | 'selected' | 'dim' | 'good' | 'bad' | 'asks'
}

/** Exactly `height` lines of exactly `width` columns. */
export const renderRunsScreen = (snapshot: RunsSnapshot, width: number, height: number): ScreenLine[] => {
  const run = snapshot.runs[snapshot.selected]
  const head: ScreenLine[] = [{ text: ` AgentLab · ${cleanLine(snapshot.repository, 200)}`, style: 'title' }]
  const foot: ScreenLine = { text: ' ↑↓ choose a run   q leave (runs go on)', style: 'dim' }
  const room = Math.max(0, height - 2)
  const details = run === undefined ? [] : detailLines(run, snapshot.now)
  const listRoom = Math.min(snapshot.runs.length, Math.max(3, room - details.length - 1))
  const list = run === undefined ? [emptyLine] : listLines(snapshot, listRoom)
  const body = [...list, { text: '', style: 'plain' } as const, ...details].slice(0, room)
  const blanks = Array.from({ length: room - body.length }, (): ScreenLine => ({ text: '', style: 'plain' }))
  return [...head, ...body, ...blanks, foot]
    .slice(0, height)
    .map(line => ({ ...line, text: padToWidth(line.text, width) }))
}

const emptyLine: ScreenLine = { text: ' No runs yet. Start one with: agentlab task "<goal>"', style: 'dim' }

/** A window of the list that holds the chosen run. */
const listLines = ({ runs, selected, now }: RunsSnapshot, room: number): ScreenLine[] => {
  const start = Math.max(0, Math.min(selected - Math.floor(room / 2), runs.length - room))
  return runs.slice(start, start + room).map((run, index) => ({
    text: runLine(run, now),
    style: start + index === selected ? 'selected' : styleOf(run.state),
  }))
}

const settledTasks = (run: RunView): number => run.tasks.filter(task => markOf(task.state) === 'good').length

const runLine = (run: RunView, now: number): string => {
  const columns: [string, number][] = [
    [` ${run.runId}`, 9],
    [stateWord(run.state), 16],
    [`${settledTasks(run)}/${run.tasks.length}`, 5],
    [shortDuration((run.endedAt ?? now) - run.requestedAt), 8],
    [`${spentTokens(run.spending.tokens, run.spending.unmeasured)} tok`, 9],
  ]
  const marks = `${run.rehearsed ? '[rehearsed] ' : ''}${run.containment === 'unboxed' ? '[UNBOXED] ' : ''}`
  return `${columns.map(([text, wide]) => padToWidth(text, wide)).join(' ')} ${marks}${goalOf(run)}`
}

const goalOf = (run: RunView): string =>
  run.goal === null ? `(${erasedWords(run.erasedAt)})` : cleanLine(run.goal, 300)

const detailLines = (run: RunView, now: number): ScreenLine[] => {
  const wait = run.waitReason === null ? null : explainWait(run.waitReason, run.runId)
  const spent = `${many(run.spending.requests, 'request')}, ${spentTokens(run.spending.tokens, run.spending.unmeasured)} tokens`
  return [
    { text: ` ${run.runId} · lane ${run.lane} · ${spent}`, style: 'title' },
    ...(wait === null
      ? []
      : [
          { text: ` waits for you: ${wait.sentence}`, style: 'asks' } as const,
          { text: `   ${wait.cure}`, style: 'asks' } as const,
        ]),
    ...run.tasks.map((task): ScreenLine => ({ text: ` ${taskLine(task, now)}`, style: styleOf(task.state) })),
  ]
}

const styleOf = (state: string): ScreenLine['style'] => {
  if (state === 'done') return 'good'
  const mark = markOf(state)
  if (mark === 'waiting') return 'dim'
  return mark === 'active' ? 'plain' : mark
}
