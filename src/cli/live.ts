/** Shows a run's progress while it goes on: redrawn in place on a terminal, appended elsewhere. */
import { toAscii } from '../domain/ascii.ts'
import type { RunView } from '../domain/run-view.ts'
import type { Output } from './call.ts'
import { describeChanges, renderProgress } from './progress.ts'

export interface Live {
  /** Call with every new view. */
  show(view: RunView): void
  /** Draws the last state once and leaves the cursor below it. */
  end(): void
}

const tickMs = 1_000

export const startLive = (output: Output, env: NodeJS.ProcessEnv, clock: () => number = Date.now): Live =>
  output.isTTY && env.TERM !== 'dumb' ? inPlace(output, clock) : appended(output)

const appended = (output: Output): Live => {
  let last: RunView | null = null
  return {
    show: view => {
      for (const line of describeChanges(last, view)) output.write(`${line}\n`)
      last = view
    },
    end: () => undefined,
  }
}

const inPlace = (output: Output, clock: () => number): Live => {
  let last: RunView | null = null
  let drawn: string[] = []
  const draw = (): void => {
    if (last === null) return
    const width = Math.max(20, output.columns - 1)
    // Plain signs may be longer than ours, and a line that wraps can't be drawn over.
    const shown = (line: string): string => (output.isAscii ? toAscii(line).slice(0, width) : line)
    const lines = fitRows(renderProgress(last, width, clock()), output.rows - 1).map(shown)
    if (lines.join('\n') === drawn.join('\n')) return
    const up = drawn.length === 0 ? '' : `\u001b[${drawn.length}A\r\u001b[J`
    output.write(`${up}${lines.join('\n')}\n`)
    drawn = lines
  }
  const timer = setInterval(draw, tickMs)
  timer.unref()
  const endTelling = output.onReturn(() => {
    // What was drawn before the stop is anywhere by now.
    drawn = []
    draw()
  })
  return {
    show: view => {
      last = view
      draw()
    },
    end: () => {
      clearInterval(timer)
      endTelling()
      draw()
    },
  }
}

/** More lines than the terminal has rows can't be redrawn in place: the rest is counted. */
const fitRows = (lines: string[], rows: number): string[] => {
  const room = Math.max(2, rows)
  return lines.length <= room ? lines : [...lines.slice(0, room - 1), `… and ${lines.length - room + 1} more tasks`]
}
