/** Colour on terminals only: NO_COLOR and FORCE_COLOR as their conventions say. */
import { styleText } from 'node:util'

export type Style = 'bold' | 'dim' | 'red' | 'green' | 'yellow' | 'cyan'
export type Paint = (style: Style, text: string) => string

/** NO_COLOR (not empty) wins over FORCE_COLOR, which wins over the terminal; TERM=dumb has none. */
export const hasColor = (env: NodeJS.ProcessEnv, isTTY: boolean): boolean => {
  if (env.NO_COLOR !== undefined && env.NO_COLOR !== '') return false
  if (env.FORCE_COLOR !== undefined) return env.FORCE_COLOR !== '0' && env.FORCE_COLOR !== 'false'
  return isTTY && env.TERM !== 'dumb'
}

export const plainPaint: Paint = (_, text) => text

export const paintFor = (env: NodeJS.ProcessEnv, isTTY: boolean): Paint =>
  hasColor(env, isTTY) ? (style, text) => styleText(style, text, { validateStream: false }) : plainPaint
