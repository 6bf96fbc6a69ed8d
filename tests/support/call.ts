/** A command's call as main.ts would give it, for tests that call a command in their own process. */
import type { Call, Output } from '../../src/cli/call.ts'
import { plainPaint } from '../../src/cli/paint.ts'

export interface Spoken {
  stdout: string
  stderr: string
}

export const outputInto = (write: (text: string) => void, over: Partial<Output> = {}): Output => ({
  isTTY: false,
  isAscii: false,
  columns: 80,
  rows: 24,
  write,
  onReturn: () => () => undefined,
  ...over,
})

/** What the command writes by itself goes to `spoken`. */
export const callWith = (over: Partial<Call> & Pick<Call, 'cwd' | 'env'>): { call: Call; spoken: Spoken } => {
  const spoken: Spoken = { stdout: '', stderr: '' }
  const into = (name: keyof Spoken): Output =>
    outputInto(text => {
      spoken[name] += text
    })
  const call: Call = {
    repo: undefined,
    json: false,
    out: into('stdout'),
    talk: into('stderr'),
    paint: plainPaint,
    signal: new AbortController().signal,
    attended: work => work(),
    ...over,
  }
  return { call, spoken }
}
