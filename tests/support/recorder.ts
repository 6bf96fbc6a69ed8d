/** Stands before the rehearsal and keeps what was really sent to the model, so that a test can look at it. */
import http from 'node:http'
import type { AddressInfo } from 'node:net'

export interface Recorder {
  origin: string
  /** Each request's headers and body as text. */
  sent: { path: string; headers: http.IncomingHttpHeaders; body: string }[]
  close: () => Promise<void>
}

export const startRecorder = async (upstream: string): Promise<Recorder> => {
  const sent: Recorder['sent'] = []
  const server = http.createServer((request, response) => {
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', () => {
      const body = Buffer.concat(chunks)
      sent.push({ path: request.url ?? '', headers: request.headers, body: body.toString('utf8') })
      const onward = http.request(new URL(request.url ?? '/', upstream), {
        method: request.method,
        headers: { ...request.headers, host: new URL(upstream).host },
      })
      onward.on('response', answer => {
        response.writeHead(answer.statusCode ?? 502, answer.headers)
        answer.on('error', () => response.destroy())
        answer.pipe(response)
      })
      onward.on('error', () => response.destroy())
      response.on('close', () => onward.destroy())
      onward.end(body)
    })
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  return {
    origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    sent,
    close: async () => {
      const closed = new Promise<void>(resolve => server.close(() => resolve()))
      server.closeAllConnections()
      await closed
    },
  }
}
