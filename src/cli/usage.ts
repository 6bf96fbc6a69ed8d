/** What every part of the command line is made with. */
import type { Answer, Call } from './call.ts'

/** Runs one command: main.ts gives the call and prints the answer. */
export type Dispatch = (work: (call: Call) => Promise<Answer>) => Promise<void>

export const example = (...lines: string[]): string => `\nExample:\n${lines.map(line => `  $ ${line}`).join('\n')}\n`
