/** Error answers are short and may quote the credential back: they are read whole and cleaned before they pass. */
import type { IncomingMessage, ServerResponse } from 'node:http'
import { headersForClient } from './headers.ts'

/** Bytes of an error answer that are passed on. */
const maxErrorBytes = 1024 * 1024

export const isErrorStatus = (status: number): boolean => status < 200 || status >= 300

/** What the answer said, or null when it did not come whole. A broken one is broken for the client too. */
export const sendErrorAnswer = async (
  answer: IncomingMessage,
  response: ServerResponse,
  secret: string,
): Promise<string | null> => {
  const text = await readErrorAnswer(answer, secret)
  if (text === null) response.destroy()
  else sendErrorText(answer, response, text)
  return text
}

/** Without the secret; null when it did not come whole. */
export const readErrorAnswer = async (answer: IncomingMessage, secret: string): Promise<string | null> => {
  const chunks: Buffer[] = []
  let size = 0
  try {
    for await (const chunk of answer as AsyncIterable<Buffer>) {
      if (size < maxErrorBytes) chunks.push(chunk)
      size += chunk.length
    }
  } catch {
    return null
  }
  const text = Buffer.concat(chunks).toString('utf8')
  return secret === '' ? text : text.replaceAll(secret, '[credential]')
}

export const sendErrorText = (answer: IncomingMessage, response: ServerResponse, text: string): void => {
  const body = Buffer.from(text)
  response.writeHead(answer.statusCode ?? 502, { ...headersForClient(answer.headers), 'content-length': body.length })
  response.end(body)
}
