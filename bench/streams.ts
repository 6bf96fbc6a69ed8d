/** What benches of gates ask with: a provider's certificate, a body as a CLI sends it, and one whole stream. */
import { execFileSync } from 'node:child_process'
import { once } from 'node:events'
import type http from 'node:http'
import type { RequestOptions } from 'node:http'
import type https from 'node:https'
import { join } from 'node:path'

/** About what a CLI sends after some turns. */
const conversation = Array.from({ length: 60 }, (_, turn) => ({
  role: turn % 2 === 0 ? 'user' : 'assistant',
  content: [{ type: 'text', text: `turn ${turn} `.repeat(190) }],
}))
/** Asks for a stream of so many events. */
export const bodyFor = (events: number, model = 'claude-bench'): string =>
  JSON.stringify({ model, max_tokens: events, stream: true, messages: conversation })

export type Place = RequestOptions & { via: typeof http | typeof https }

export const selfSigned = (dir: string): { keyPath: string; certPath: string } => {
  const [keyPath, certPath] = [join(dir, 'key.pem'), join(dir, 'cert.pem')]
  const kind = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '2']
  const names = ['-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost']
  execFileSync('openssl', ['req', '-x509', ...kind, ...names, '-keyout', keyPath, '-out', certPath], {
    stdio: 'ignore',
  })
  return { keyPath, certPath }
}

export interface Answer {
  firstByteMs: number
  bytes: number
}

export const ask = async ({ via, ...where }: Place, body: string): Promise<Answer> => {
  const since = performance.now()
  const request = via.request({ ...where, method: 'POST' })
  request.end(body)
  const [response] = (await once(request, 'response')) as [http.IncomingMessage]
  if (response.statusCode !== 200) throw new Error(`the bench's request got ${response.statusCode}`)
  let firstByteMs = 0
  let bytes = 0
  response.on('data', (chunk: Buffer) => {
    if (bytes === 0) firstByteMs = performance.now() - since
    bytes += chunk.length
  })
  await once(response, 'end')
  if (!response.complete) throw new Error('the answer broke off')
  return { firstByteMs, bytes }
}
