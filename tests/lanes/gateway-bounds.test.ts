/** What one token may ask of its gate, and that nothing a worker does keeps the gateway from the others. */
import { once } from 'node:events'
import type { ServerResponse } from 'node:http'
import net from 'node:net'
import { afterEach, describe, expect, test } from 'vitest'
import type { Bounds } from '../../src/lanes/gateway/bounds.ts'
import { gateBounds } from '../../src/lanes/gateway/bounds.ts'
import { createTurnstile } from '../../src/lanes/gateway/turnstile.ts'
import { raw, statuses } from './raw.ts'
import { grantFor, post, startMetered, startUpstream, wires } from './upstream.ts'

const open: { close(): Promise<void> }[] = []
afterEach(async () => {
  for (const thing of open.splice(0)) await thing.close()
})

const served = async (bounds: Partial<Bounds>, now = { at: 1_000_000 }) => {
  const waiting: ServerResponse[] = []
  let wake = (): void => {}
  const upstream = await startUpstream(response => {
    waiting.push(response)
    wake()
  })
  const metered = await startMetered({ bounds, clock: () => now.at })
  open.push(metered.gateway, upstream)
  const issue = () => metered.gateway.issueToken(grantFor('anthropic', upstream.origin))
  return {
    ...metered,
    upstream,
    now,
    issue,
    ask: (token: string, body: unknown = { model: 'm' }, signal?: AbortSignal) =>
      post(`${metered.gateway.origin}/anthropic/v1/messages`, { 'x-api-key': token }, body, signal),
    /** Resolves once so many requests have reached the upstream. */
    arrived: async (count: number) => {
      while (upstream.seen.length < count)
        await new Promise<void>(resolve => {
          wake = resolve
        })
    },
    answerOne: () => waiting.shift()!.end('{}'),
    answerAll: () => {
      for (const response of waiting.splice(0)) response.end('{}')
    },
  }
}

test('beyond what may run at once requests wait, and beyond what may wait they get 429', async () => {
  const { ask, issue, arrived, answerOne, answerAll, upstream } = await served({ atOnce: 2, waiting: 1 })
  const token = issue()
  const first = [ask(token), ask(token)]
  await arrived(2)
  // Which of the two waits and which is sent back is the order of their arrival.
  const later = [ask(token), ask(token)]
  const refused = await Promise.race(later)
  expect(refused.status).toBe(429)
  expect(refused.headers.get('retry-after')).toBe('1')
  expect(await refused.json()).toMatchObject({ error: { type: 'rate_limit_error' } })
  expect(upstream.seen).toHaveLength(2)
  // Another token has places of its own.
  const other = ask(issue())
  await arrived(3)
  answerOne()
  await arrived(4)
  answerAll()
  expect((await Promise.all([...first, other])).map(({ status }) => status)).toEqual([200, 200, 200])
  expect((await Promise.all(later)).map(({ status }) => status).sort()).toEqual([200, 429])
})

test.each(wires)('$provider: requests that come too fast get 429 in its shape, and time heals it', async wire => {
  const now = { at: 1_000_000 }
  const upstream = await startUpstream(response => response.writeHead(200).end('{}'))
  const { gateway } = await startMetered({ bounds: { burst: 3, perSecond: 2 }, clock: () => now.at })
  open.push(gateway, upstream)
  const token = gateway.issueToken(grantFor(wire.provider, upstream.origin))
  const ask = async () =>
    (await post(gateway.origin + wire.path, wire.header(token), { model: 'gemini-2.5-pro' })).status
  expect([await ask(), await ask(), await ask(), await ask()]).toEqual([200, 200, 200, 429])
  now.at += 500
  expect([await ask(), await ask()]).toEqual([200, 429])
  now.at += 3_600_000
  expect([await ask(), await ask(), await ask(), await ask()]).toEqual([200, 200, 200, 429])
  expect(upstream.seen).toHaveLength(7)
})

test('refused requests count too, so guessing is slow, and strangers at the port take nothing from a token', async () => {
  const { gateway, issue, arrived, answerAll, ask } = await served({ burst: 5, perSecond: 1 })
  const token = issue()
  const guess = async () => (await fetch(`${gateway.origin}/anthropic/v1/files`)).status
  const guesses = await Promise.all(Array.from({ length: 8 }, guess))
  expect(guesses.filter(status => status === 429)).toHaveLength(3)
  const good = ask(token)
  await arrived(1)
  answerAll()
  expect((await good).status).toBe(200)
})

test('bodies that are too much together are sent back, and room is made again', async () => {
  const { ask, issue, arrived, answerAll } = await served({ heldBytes: 3_000, bodyBytes: 2_000 })
  const token = issue()
  const text = 'x'.repeat(1_900)
  const first = ask(token, { model: 'm', text })
  await arrived(1)
  expect((await ask(token, { model: 'm', text })).status).toBe(429)
  expect((await ask(token, { model: 'm', text: text + text })).status).toBe(413)
  answerAll()
  expect((await first).status).toBe(200)
  const again = ask(token, { model: 'm', text })
  await arrived(2)
  answerAll()
  expect((await again).status).toBe(200)
})

test('a head over 16 KiB is refused before it is understood', async () => {
  const { gateway, issue, upstream } = await served({})
  const said = await raw(
    gateway.origin,
    `POST /anthropic/v1/messages HTTP/1.1\r\nhost: x\r\nx-api-key: ${issue()}\r\nx-a: ${'a'.repeat(17_000)}\r\n\r\n`,
  )
  expect(statuses(said)).toEqual([431])
  expect(upstream.seen).toHaveLength(0)
})

test.each([
  ['a head that never ends', 'POST /anthropic/v1/messages HTTP/1.1\r\nhost: x\r\nx-a:'],
  [
    'a body that never ends',
    'POST /anthropic/v1/messages HTTP/1.1\r\nhost: x\r\nx-api-key: TOKEN\r\ncontent-length: 20\r\n\r\n{"model":',
  ],
  [
    'a chunked body that never ends',
    'POST /anthropic/v1/messages HTTP/1.1\r\nhost: x\r\nx-api-key: TOKEN\r\ntransfer-encoding: chunked\r\n\r\n9\r\n{"model":\r\n',
  ],
])('%s is cut off in time', async (_what, text) => {
  const { gateway, issue, upstream } = await served({ headMs: 200, requestMs: 400 })
  const said = await raw(gateway.origin, text.replace('TOKEN', issue()))
  expect(said === '' || statuses(said)[0] === 408 || statuses(said)[0] === 400).toBe(true)
  expect(upstream.seen).toHaveLength(0)
})

test('more connections than a gate has are closed at once, and it serves on when some are gone', async () => {
  const { gateway, issue, ask, arrived, answerAll } = await served({ connections: 3 })
  const { port } = new URL(gateway.origin)
  const idle = Array.from({ length: 3 }, () => net.connect(Number(port), '127.0.0.1'))
  await Promise.all(idle.map(socket => once(socket, 'connect')))
  const fourth = net.connect(Number(port), '127.0.0.1')
  fourth.on('error', () => {})
  await once(fourth, 'close')
  for (const socket of idle) socket.destroy()
  const served200 = async (): Promise<number> => ask(issue()).then(answer => answer.status, served200)
  const good = served200()
  await arrived(1)
  answerAll()
  expect(await good).toBe(200)
})

describe('a turnstile', () => {
  test('gives nothing and takes nothing when the clock jumps back', () => {
    let now = 1_000_000
    const stile = createTurnstile({ ...gateBounds, burst: 2, perSecond: 1 }, () => now)
    expect([stile.hit(), stile.hit(), stile.hit()]).toEqual([true, true, false])
    now -= 3_600_000
    expect(stile.hit()).toBe(false)
    now += 1_000
    expect([stile.hit(), stile.hit()]).toEqual([true, false])
  })

  test('lets no one wait who has left, and gives the place to the next', async () => {
    const stile = createTurnstile({ ...gateBounds, atOnce: 1, waiting: 2 }, () => 0)
    const stays = new AbortController().signal
    const leaving = new AbortController()
    const first = await stile.enter(stays)
    const [left, next] = [stile.enter(leaving.signal), stile.enter(stays)]
    expect(await stile.enter(stays)).toBeNull()
    leaving.abort()
    expect(await left).toBeNull()
    expect(await stile.enter(leaving.signal)).toBeNull()
    first!()
    expect(await next).toBeTypeOf('function')
  })

  test('lets each place be given back once only', async () => {
    const stile = createTurnstile({ ...gateBounds, atOnce: 1, waiting: 2 }, () => 0)
    const signal = new AbortController().signal
    const first = await stile.enter(signal)
    const [second, third] = [stile.enter(signal), stile.enter(signal)]
    first!()
    first!()
    const isIn: string[] = []
    void second.then(() => isIn.push('second'))
    void third.then(() => isIn.push('third'))
    const leave = await second
    expect(isIn).toEqual(['second'])
    leave!()
    await third
    expect(isIn).toEqual(['second', 'third'])
  })
})
