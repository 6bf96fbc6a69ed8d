import { createHash, randomBytes } from 'node:crypto'
import { once } from 'node:events'
import http from 'node:http'
import { afterEach, expect, test } from 'vitest'
import { grantFor, post, startMetered, startUpstream } from './upstream.ts'

const open: { close(): Promise<void> }[] = []
afterEach(async () => {
  for (const thing of open.splice(0)) await thing.close()
})

const set = async (answer: Parameters<typeof startUpstream>[0]) => {
  const upstream = await startUpstream(answer)
  const metered = await startMetered()
  open.push(metered.gateway, upstream)
  const token = metered.gateway.issueToken(grantFor('anthropic', upstream.origin))
  const url = `${metered.gateway.origin}/anthropic/v1/messages`
  return { ...metered, upstream, token, url, headers: { 'x-api-key': token } }
}

const eventStream = { 'content-type': 'text/event-stream' }

test('passes the first byte on while the upstream still holds its answer open', async () => {
  let finish = () => {}
  const { url, headers } = await set(response => {
    response.writeHead(200, eventStream)
    response.write('data: {"first":1}\n\n')
    finish = () => response.end('data: {"last":1}\n\n')
  })
  const answer = await post(url, headers)
  const reader = answer.body!.getReader()
  const first = await reader.read()
  expect(Buffer.from(first.value!).toString()).toBe('data: {"first":1}\n\n')
  finish()
  const second = await reader.read()
  expect(Buffer.from(second.value!).toString()).toBe('data: {"last":1}\n\n')
  expect((await reader.read()).done).toBe(true)
})

test('sends the head on before any byte of the body is there', async () => {
  let finish = () => {}
  const { url, headers } = await set(response => {
    response.writeHead(200, eventStream).flushHeaders()
    finish = () => response.end()
  })
  const answer = await post(url, headers)
  expect(answer.status).toBe(200)
  finish()
  expect(await answer.text()).toBe('')
})

test('carries an 8 MB body there and an 8 MB answer back unharmed', async () => {
  const bytes = randomBytes(8 * 1024 * 1024)
  const { url, headers, upstream } = await set(response => response.writeHead(200).end(bytes))
  const text = randomBytes(4 * 1024 * 1024).toString('hex')
  const answer = await post(url, headers, { model: 'm', text })
  const digest = (data: Buffer | string) => createHash('sha256').update(data).digest('hex')
  expect(digest(Buffer.from(await answer.arrayBuffer()))).toBe(digest(bytes))
  expect(digest(JSON.parse(upstream.seen[0]!.body).text)).toBe(digest(text))
})

test('keeps 50 streams at once whole and apart', async () => {
  const { url, headers, metered } = await set((response, { body }) => {
    const { number } = JSON.parse(body)
    response.writeHead(200, eventStream)
    let sent = 0
    const next = () => {
      if (sent++ === 20) response.end()
      else response.write(`data: {"stream":${number},"part":${sent}}\n\n`, () => setImmediate(next))
    }
    next()
  })
  const texts = await Promise.all(
    Array.from({ length: 50 }, async (_, number) => (await post(url, headers, { model: 'm', number })).text()),
  )
  texts.forEach((text, number) => {
    const parts = [...text.matchAll(/data: (.*)\n\n/g)].map(match => JSON.parse(match[1]!))
    expect(parts).toEqual(Array.from({ length: 20 }, (_, part) => ({ stream: number, part: part + 1 })))
  })
  expect(await metered(50)).toHaveLength(50)
})

test('cuts the upstream off when the client leaves, and meters it once as aborted', async () => {
  const { promise: left, resolve } = Promise.withResolvers<void>()
  const { url, headers, metered, records } = await set(response => {
    response.writeHead(200, eventStream)
    response.write('data: {"type":"message_start","message":{"usage":{"input_tokens":7,"output_tokens":1}}}\n\n')
    response.on('close', resolve)
  })
  const leaving = new AbortController()
  const answer = await post(url, headers, { model: 'm' }, leaving.signal)
  await answer.body!.getReader().read()
  leaving.abort()
  await left
  await metered(1)
  expect(records).toEqual([expect.objectContaining({ status: 200, input: 7, output: 1, aborted: true })])
})

test('a stream the upstream drops is dropped for the client, never ended cleanly', async () => {
  const { url, headers, metered } = await set(response => {
    response.writeHead(200, eventStream)
    response.write('data: {"half":', () => response.destroy())
  })
  const answer = await post(url, headers)
  await expect(answer.text()).rejects.toThrow()
  expect((await metered(1))[0]).toMatchObject({ status: 200, input: null, output: null, aborted: true })
})

test('an answer shorter than its announced length is a broken one', async () => {
  const { url, headers, metered } = await set(response => {
    response.writeHead(200, { 'content-length': 100 })
    response.write('{"short":1}', () => response.destroy())
  })
  const answer = await post(url, headers)
  await expect(answer.text()).rejects.toThrow()
  expect((await metered(1))[0]).toMatchObject({ aborted: true })
})

test('an upstream that hangs up before it answers breaks the connection and is metered without a status', async () => {
  const { url, headers, metered } = await set(response => response.destroy())
  await expect(post(url, headers)).rejects.toThrow()
  expect((await metered(1))[0]).toMatchObject({ status: null, input: null, aborted: true })
})

test('a client that reads slowly slows the upstream down', async () => {
  let accepted = 0
  const chunk = Buffer.alloc(64 * 1024, 'x')
  const { url, token } = await set(response => {
    response.writeHead(200, eventStream)
    const more = () => {
      while (accepted < 64 * 1024 * 1024) {
        accepted += chunk.length
        if (!response.write(chunk)) return void response.once('drain', more)
      }
      response.end()
    }
    more()
  })
  const request = http.request(url, { method: 'POST', headers: { 'x-api-key': token } })
  request.end('{"model":"m"}')
  const [answer] = (await once(request, 'response')) as [http.IncomingMessage]
  answer.pause()
  let before = -1
  while (accepted !== before) {
    before = accepted
    await new Promise(resolve => setTimeout(resolve, 200))
  }
  expect(accepted).toBeLessThan(32 * 1024 * 1024)
  let received = 0
  answer.on('data', (data: Buffer) => {
    received += data.length
  })
  answer.resume()
  await once(answer, 'end')
  expect(received).toBe(64 * 1024 * 1024)
})

test('closing the gateway cuts what runs', async () => {
  const { url, headers, gateway, metered } = await set(response => {
    response.writeHead(200, eventStream)
    response.write('data: {}\n\n')
  })
  const answer = await post(url, headers)
  await gateway.close()
  await expect(answer.text()).rejects.toThrow()
  expect((await metered(1))[0]).toMatchObject({ aborted: true })
  await expect(post(url, headers)).rejects.toThrow()
})

test('a gateway that ends midway cuts every stream, and each is metered as broken', async () => {
  const upstream = await startUpstream(response => {
    response.writeHead(200, eventStream)
    response.write('data: {}\n\n')
  })
  const { gateway, metered } = await startMetered()
  open.push(upstream)
  const answers = await Promise.all(
    Array.from({ length: 5 }, () => {
      const token = gateway.issueToken(grantFor('anthropic', upstream.origin))
      return post(`${gateway.origin}/anthropic/v1/messages`, { 'x-api-key': token })
    }),
  )
  await gateway.close()
  for (const answer of answers) await expect(answer.text()).rejects.toThrow()
  expect((await metered(5)).map(({ aborted }) => aborted)).toEqual([true, true, true, true, true])
})
