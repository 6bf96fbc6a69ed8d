/** What every part of the command line is made with. */
import { InvalidArgumentError } from 'commander'
import type { Answer, Call } from './call.ts'

/** Runs one command: main.ts gives the call and prints the answer. */
export type Dispatch = (work: (call: Call) => Promise<Answer>) => Promise<void>

export const example = (...lines: string[]): string => `\nExample:\n${lines.map(line => `  $ ${line}`).join('\n')}\n`

export const upTo =
  (most: number, least = 1) =>
  (text: string): number => {
    const value = Number(text)
    if (!/^\d{1,15}$/.test(text) || value < least || value > most)
      throw new InvalidArgumentError(`It must be a whole number from ${least} to ${most}.`)
    return value
  }

export const wholeNumber = upTo(64)

export const lanes = ['personal', 'enterprise', 'private']

/** An option that may be given several times: one value each, so that it never takes an argument for its own. */
export const collect = (text: string, before: string[] = []): string[] => [...before, text]
