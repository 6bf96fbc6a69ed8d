/** Standard output and standard error as commands see them: what a terminal can't show is put in plain signs. */
import { toAscii, toAsciiJson } from '../domain/ascii.ts'
import type { Output } from './call.ts'

/**
 * Whether the locale is one of UTF-8: of LC_ALL, LC_CTYPE and LANG the first that is set counts; without any it is the
 * locale `C`, except on macOS, whose terminals are UTF-8 without being told.
 */
export const isUtf8Locale = (env: NodeJS.ProcessEnv, platform: NodeJS.Platform = process.platform): boolean => {
  const named = env.LC_ALL || env.LC_CTYPE || env.LANG || ''
  return named === '' ? platform === 'darwin' : /utf-?8/i.test(named)
}

/** A file or a pipe gets UTF-8, whatever the locale: what reads it there is no terminal. */
export const outputOf = (stream: NodeJS.WriteStream, env: NodeJS.ProcessEnv, isJson: boolean): Output => {
  const isTTY = stream.isTTY === true
  const isAscii = isTTY && !isUtf8Locale(env)
  const shown = !isAscii ? (text: string) => text : isJson ? toAsciiJson : toAscii
  return {
    isTTY,
    isAscii,
    // A terminal that was never told its size says 0.
    get columns() {
      return stream.columns || 80
    },
    get rows() {
      return stream.rows || 24
    },
    write: text => void stream.write(shown(text)),
    onReturn: listener => {
      process.on('SIGCONT', listener)
      return () => void process.off('SIGCONT', listener)
    },
  }
}
