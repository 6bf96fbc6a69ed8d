/** An upstream's answer that is looked into before anything of it is shown: read whole, and bounded. */
import type { IncomingMessage } from 'node:http'

const longestBytes = 4 * 1024 * 1024

/** null where it is too long, broken off or no JSON. */
export const readJson = async (answer: IncomingMessage): Promise<unknown> => {
  const chunks: Buffer[] = []
  let size = 0
  try {
    for await (const chunk of answer as AsyncIterable<Buffer>) {
      size += chunk.length
      if (size > longestBytes) return null
      chunks.push(chunk)
    }
    return JSON.parse(Buffer.concat(chunks).toString('utf8'))
  } catch {
    return null
  }
}
