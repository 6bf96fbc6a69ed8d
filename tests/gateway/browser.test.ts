/** Pages in a real browser: one that is listed streams with the official client, another gets nothing at all. */
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { startUpstream, type Upstream } from '../lanes/upstream.ts'
import { chromium, type Pages, servePages, withPage } from './chromium.ts'
import { makeWorld, type Running, startGatewayProcess, type World } from './gateway-process.ts'

if (chromium === null) process.stdout.write('no Chromium on PATH: the gateway is not tried with a browser\n')

const script = `
import OpenAI from 'openai'
const { base, token } = Object.fromEntries(new URLSearchParams(location.search))
const tried = async work => { try { return await work() } catch (error) { return String(error) } }
await tell('list', await tried(async () => {
  const answer = await fetch(base + '/models', { headers: { authorization: 'Bearer ' + token } })
  return (await answer.json()).data.map(({ id }) => id)
}))
await tell('stream', await tried(async () => {
  const client = new OpenAI({ baseURL: base, apiKey: token, dangerouslyAllowBrowser: true, maxRetries: 0 })
  const messages = [{ role: 'user', content: 'Hello' }]
  const parts = []
  for await (const chunk of await client.chat.completions.create({ model: 'private/slow', messages, stream: true })) {
    parts.push(chunk.choices[0].delta.content)
    await tell('part' + parts.length)
  }
  return parts
}))
// A request that no browser asks leave for first.
await tell('simple', await tried(async () => {
  const body = JSON.stringify({ model: 'private/slow', messages: [] })
  const answer = await fetch(base + '/chat/completions', { method: 'POST', mode: 'no-cors', body })
  return answer.type
}))
`

const part = (text: string): string =>
  `data: ${JSON.stringify({ id: 'c', object: 'chat.completion.chunk', created: 0, model: 'slow', choices: [{ index: 0, delta: { content: text }, finish_reason: null }] })}\n\n`

let pages: Pages
let other: Pages
let upstream: Upstream
let world: World
let running: Running

beforeAll(async () => {
  if (chromium === null) return
  pages = await servePages(script)
  other = await servePages(script)
  upstream = await startUpstream(response => {
    response.writeHead(200, { 'content-type': 'text/event-stream' })
    response.write(part('first'))
    // The rest is held back until the page says that it has the beginning.
    void pages.told('part1').then(() => response.end(`${part('second')}data: [DONE]\n\n`))
  })
  world = makeWorld(`local: [{ name: mac, url: "${upstream.origin}", models: [slow] }]
gateway: { origins: ["${pages.origin}"] }
`)
  running = await startGatewayProcess(world)
})
afterAll(async () => {
  if (chromium === null) return
  await running.end('SIGTERM')
  for (const open of [pages, other, upstream]) await open.close()
  world.remove()
})

const open = async (name: string, origin: string, work: () => Promise<void>): Promise<void> => {
  const dir = join(world.home, name)
  mkdirSync(dir)
  const asked = new URLSearchParams({ base: running.openai, token: running.token() })
  await withPage(`${origin}/?${asked}`, dir, work)
}

test.skipIf(chromium === null)('a page that is listed reads the models, and a stream as it comes', () =>
  open('listed', pages.origin, async () => {
    expect(await pages.told('list')).toEqual(['enterprise/slow', 'personal/slow', 'private/slow'])
    expect(await pages.told('stream')).toEqual(['first', 'second'])
    expect(upstream.seen).toHaveLength(1)
    expect(upstream.seen[0]!.headers).not.toHaveProperty('origin')
    expect(upstream.seen[0]!.headers).toHaveProperty('x-stainless-lang')
  }),
)

test.skipIf(chromium === null)('a page that is not listed learns nothing, and nothing of its leaves', async () => {
  const before = upstream.seen.length
  await open('unlisted', other.otherOrigin, async () => {
    expect(await other.told('list')).toMatch(/^TypeError: Failed to fetch/)
    expect(await other.told('stream')).toMatch(/Connection error/)
    expect(await other.told('simple')).toBe('opaque')
    expect(upstream.seen).toHaveLength(before)
  })
})
