/** A thin shell around blessed: places lines, hands over keys, and gives the terminal back whatever happens. */
import { createRequire } from 'node:module'
import type { Widgets } from 'blessed'
import { textWidth } from '../domain/text-width.ts'
import type { ScreenLine } from './runs-screen.ts'

export interface TerminalScreen {
  readonly width: number
  readonly height: number
  draw(lines: ScreenLine[]): void
  /** Restores the terminal; may be called twice. */
  close(): void
}

export interface TerminalEvents {
  onKey(name: string): void
  onResize(): void
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

/** Takes over the terminal. blessed knows few terminals' descriptions, so it is always told the one it ships. */
export const openTerminal = async (events: TerminalEvents): Promise<TerminalScreen> => {
  process.env.NCURSES_NO_UTF8_ACS = '1'
  const { default: blessed } = await import('blessed')
  mendWidths(createRequire(import.meta.url)('blessed/lib/unicode.js') as BlessedUnicode)
  const screen: Widgets.Screen = blessed.screen({
    terminal: 'xterm-256color',
    smartCSR: true,
    fullUnicode: true,
    title: 'AgentLab',
    warnings: false,
  })
  const box = blessed.box({ parent: screen, top: 0, left: 0, width: '100%', height: '100%', tags: false, wrap: false })
  let isOpen = true
  const close = (): void => {
    if (!isOpen) return
    isOpen = false
    screen.destroy()
  }
  process.once('exit', close)
  screen.on('keypress', (_: string, key: { full: string }) => events.onKey(key.full))
  screen.on('resize', events.onResize)
  return {
    get width() {
      return Number(screen.width)
    },
    get height() {
      return Number(screen.height)
    },
    draw: lines => {
      if (!isOpen) return
      box.setContent(lines.map(({ text, style }) => `\u001b[${sgr[style]}m${text}\u001b[0m`).join('\n'))
      screen.render()
    },
    close,
  }
}
