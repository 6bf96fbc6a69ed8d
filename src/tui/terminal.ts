/** A thin shell around blessed: places lines, hands over keys, and gives the terminal back whatever happens. */
import { createRequire } from 'node:module'
import type { Widgets } from 'blessed'
import { toAscii } from '../domain/ascii.ts'
import { textWidth } from '../domain/text-width.ts'
import type { ScreenLine } from './runs-screen.ts'

export interface TerminalScreen {
  readonly width: number
  readonly height: number
  draw(lines: ScreenLine[]): void
  /** Restores the terminal; may be called twice. */
  close(): void
}

export interface TerminalOptions {
  /** The terminal knows ASCII only. */
  isAscii: boolean
  onKey(name: string): void
  /** The size has changed, or the process goes on after it was stopped. */
  onRedraw(): void
}

const sgr: Record<ScreenLine['style'], string> = {
  title: '1',
  plain: '0',
  selected: '7',
  dim: '90',
  good: '32',
  bad: '31',
  asks: '33',
}

interface BlessedUnicode {
  charWidth(text: string | number, index?: number): number
  strWidth(text: string): number
  chars: { all: RegExp }
}

/** blessed's width tables are of 2013: emoji would count one column and shift everything behind them. */
const mendWidths = (unicode: BlessedUnicode): void => {
  const original = unicode.charWidth.bind(unicode)
  unicode.charWidth = (text, index = 0) => {
    const point = typeof text === 'number' ? text : (text.codePointAt(index) ?? 0)
    return point < 0x1100 ? original(text, index) : textWidth(String.fromCodePoint(point))
  }
  unicode.strWidth = text => textWidth(text)
  unicode.chars.all = new RegExp(`${unicode.chars.all.source}|\\p{Emoji_Presentation}`, 'gu')
}

/** With what its types leave out: going to the alternate screen and coming back from it. */
type Screen = Widgets.Screen & { enter(): void; leave(): void }

/** Gives the terminal back for as long as the process is stopped, as a job of a shell must. */
const stopAsJob = (screen: Screen, onReturn: () => void): void => {
  screen.leave()
  process.stdin.setRawMode(false)
  process.once('SIGCONT', () => {
    process.stdin.setRawMode(true)
    screen.enter()
    onReturn()
  })
  process.kill(process.pid, 'SIGSTOP')
}

/** Takes over the terminal. blessed knows few terminals' descriptions, so it is always told the one it ships. */
export const openTerminal = async (options: TerminalOptions): Promise<TerminalScreen> => {
  process.env.NCURSES_NO_UTF8_ACS = '1'
  const { default: blessed } = await import('blessed')
  mendWidths(createRequire(import.meta.url)('blessed/lib/unicode.js') as BlessedUnicode)
  const screen = blessed.screen({
    terminal: 'xterm-256color',
    smartCSR: true,
    fullUnicode: true,
    title: 'AgentLab',
    warnings: false,
  }) as Screen
  const box = blessed.box({ parent: screen, top: 0, left: 0, width: '100%', height: '100%', tags: false, wrap: false })
  let isOpen = true
  // Between stop and return the terminal is another's; a timer may be due before the return is told.
  let isAway = false
  const close = (): void => {
    if (!isOpen) return
    isOpen = false
    process.off('SIGTSTP', stop)
    screen.destroy()
  }
  process.once('exit', close)
  const stop = (): void => {
    if (isAway) return
    isAway = true
    stopAsJob(screen, () => {
      isAway = false
      options.onRedraw()
    })
  }
  process.on('SIGTSTP', stop)
  screen.on('keypress', (_: string, key: { full: string }) => (key.full === 'C-z' ? stop() : options.onKey(key.full)))
  screen.on('resize', options.onRedraw)
  return {
    get width() {
      return Number(screen.width)
    },
    get height() {
      return Number(screen.height)
    },
    draw: lines => {
      if (!isOpen || isAway) return
      const shown = (text: string): string => (options.isAscii ? toAscii(text) : text)
      box.setContent(lines.map(({ text, style }) => `\u001b[${sgr[style]}m${shown(text)}\u001b[0m`).join('\n'))
      screen.render()
    },
    close,
  }
}
