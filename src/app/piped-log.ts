/** A log from a pipe, made fit to be kept: bounded, without what a terminal would obey, without secrets. */
import { headAndTail } from '../domain/head-and-tail.ts'
import { redactPieceStream } from '../domain/redaction/piece-stream.ts'
import { createRedactor } from '../domain/redaction/redactor.ts'
import { cleanText } from '../domain/text.ts'
import { ownSecrets } from './own-secrets.ts'
import type { Project } from './project.ts'

export interface PipedLog {
  text: string
  /** Of its middle, where it was longer than is kept. */
  leftOutBytes: number
}

/** Kept of a log: so much of its beginning, and as much of its end. */
const halfBytes = 2 * 1024 * 1024

/** A line is taken for one up to here. */
const longestLine = 1024 * 1024

/** Reads to the end of the pipe, or to the abort. Secrets are looked for before anything is cut. */
export const readPipedLog = async (
  project: Pick<Project, 'config' | 'env'>,
  input: AsyncIterable<Buffer | string>,
  signal: AbortSignal,
): Promise<PipedLog> => {
  const kept = headAndTail(halfBytes, halfBytes)
  const secrets = redactPieceStream(createRedactor(await ownSecrets(project)))
  const decoder = new TextDecoder()
  let waiting = ''
  const take = (text: string): void => {
    for (const piece of secrets.push(cleanText(text))) kept.add(piece)
  }
  for await (const chunk of input) {
    if (signal.aborted) break
    waiting += decoder.decode(typeof chunk === 'string' ? Buffer.from(chunk) : chunk, { stream: true })
    // Whole lines, so that no escape sequence is cut in two.
    const end = waiting.length > longestLine ? waiting.length : waiting.lastIndexOf('\n') + 1
    if (end === 0) continue
    take(waiting.slice(0, end))
    waiting = waiting.slice(end)
  }
  take(waiting + decoder.decode())
  for (const piece of secrets.end()) kept.add(piece)
  return kept.end()
}
