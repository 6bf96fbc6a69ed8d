/** Questions to a person at a terminal, on stderr, so that stdout stays the result. */
import { createInterface } from 'node:readline/promises'
import type { Call } from './call.ts'

export const canAsk = (call: Call): boolean => process.stdin.isTTY === true && call.talk.isTTY && !call.json

/** The answer, or `fallback` for an empty one or the end of input; asks again until `isFit`. */
export const askLine = async (
  call: Call,
  question: string,
  fallback: string,
  isFit: (answer: string) => boolean,
): Promise<string> => {
  const lines = createInterface({ input: process.stdin, output: process.stderr, terminal: true })
  try {
    for (;;) {
      const said = await lines.question(`${question}${fallback === '' ? '' : ` [${fallback}]`}: `, {
        signal: call.signal,
      })
      const answer = said.trim() === '' ? fallback : said.trim()
      if (isFit(answer)) return answer
      call.talk.write(`${JSON.stringify(answer)} is not one of the choices.\n`)
    }
  } finally {
    lines.close()
  }
}
