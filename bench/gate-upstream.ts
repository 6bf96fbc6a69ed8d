/** A provider for the bench, in a thread of its own: writes each event by itself, as a model's server does when it has one. */
import http, { type RequestListener } from 'node:http'
import https from 'node:https'
import type { AddressInfo } from 'node:net'
import { parentPort, workerData } from 'node:worker_threads'

const event = (part: number): string =>
  `event: content_block_delta\ndata: {"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"part ${part} of an answer, about as long as a token or a few"}}\n\n`

/** How many events the body asks for in `max_tokens`. */
const wanted = (body: string): number => Number(/"max_tokens":(\d+)/.exec(body)?.[1] ?? 1)

const answer: RequestListener = (request, response) => {
  const chunks: Buffer[] = []
  request.on('data', (chunk: Buffer) => chunks.push(chunk))
  request.on('end', () => {
    const count = wanted(Buffer.concat(chunks).subarray(0, 200).toString('latin1'))
    response.writeHead(200, { 'content-type': 'text/event-stream' })
    let sent = 0
    const next = (): void => {
      if (sent === count) return void response.end()
      const isRoom = response.write(event(sent++))
      if (isRoom) setImmediate(next)
      else response.once('drain', next)
    }
    next()
  })
}
/** null: plain http, as a model server on this machine speaks. */
const tls = workerData as { key: string; cert: string } | null
const server = tls === null ? http.createServer(answer) : https.createServer(tls, answer)
// A client's connection outlives the pauses of a run, as a provider's do.
server.keepAliveTimeout = 60_000
server.listen(0, '127.0.0.1', () => parentPort!.postMessage((server.address() as AddressInfo).port))
