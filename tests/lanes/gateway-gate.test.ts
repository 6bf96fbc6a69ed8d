/** A seat's gate: a unix socket of its own that serves one token. */
import { statSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import http from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { grantFor, startMetered, startUpstream, wires } from './upstream.ts'

let dir: string
const open: { close(): Promise<void> }[] = []

beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'gate-'))
})
afterEach(async () => {
  for (const thing of open.splice(0)) await thing.close()
  await rm(dir, { recursive: true, force: true })
})

const wire = wires[0]!

const set = async () => {
  const upstream = await startUpstream(response => response.writeHead(200).end('{"ok":true}'))
  const { gateway } = await startMetered()
  open.push(gateway, upstream)
  const issue = () => gateway.issueToken(grantFor(wire.provider, upstream.origin))
  return { gateway, upstream, issue }
}

/** The status of a request through a socket or a port, or the code of why there is none. */
const ask = (door: string | number, token: string): Promise<number | string> =>
  new Promise(resolve => {
    const headers = { 'content-type': 'application/json', ...wire.header(token) }
    const where = typeof door === 'string' ? { socketPath: door } : { host: '127.0.0.1', port: door }
    const request = http.request({ ...where, path: wire.path, method: 'POST', headers }, response => {
      response.resume()
      resolve(response.statusCode!)
    })
    request.on('error', error => resolve((error as NodeJS.ErrnoException).code ?? error.message))
    request.end('{"model":"m"}')
  })

test('serves its own token and refuses every other, valid ones too', async () => {
  const { gateway, upstream, issue } = await set()
  const [mine, other] = [issue(), issue()]
  await gateway.openGate(mine, join(dir, 'a.sock'))
  await gateway.openGate(other, join(dir, 'b.sock'))
  expect(await ask(join(dir, 'a.sock'), mine)).toBe(200)
  expect(await ask(join(dir, 'a.sock'), other)).toBe(401)
  expect(await ask(join(dir, 'b.sock'), mine)).toBe(401)
  expect(upstream.seen).toHaveLength(1)
})

test('can be a port, where boxes have no loopback of their own', async () => {
  const { gateway, issue } = await set()
  const [mine, other] = [issue(), issue()]
  const port = await gateway.openPort(mine)
  expect(`http://127.0.0.1:${port}`).not.toBe(gateway.origin)
  expect(await ask(port, mine)).toBe(200)
  expect(await ask(port, other)).toBe(401)
  gateway.revokeToken(mine)
  expect(await ask(port, mine)).toMatch(/^(?:ECONNREFUSED|ECONNRESET)$/)
  await expect(gateway.openPort(mine)).rejects.toThrow('issued and not revoked')
})

test('can be reached by its owner alone', async () => {
  const { gateway, issue } = await set()
  await gateway.openGate(issue(), join(dir, 'a.sock'))
  expect(statSync(join(dir, 'a.sock')).mode & 0o777).toBe(0o600)
})

test('is gone once its token is revoked, and the others stay', async () => {
  const { gateway, issue } = await set()
  const [mine, other] = [issue(), issue()]
  await gateway.openGate(mine, join(dir, 'a.sock'))
  await gateway.openGate(other, join(dir, 'b.sock'))
  gateway.revokeToken(mine)
  expect(await ask(join(dir, 'a.sock'), mine)).toMatch(/^(?:ENOENT|ECONNREFUSED|ECONNRESET)$/)
  expect(await ask(join(dir, 'b.sock'), other)).toBe(200)
})

test('opens for no token that was never issued, or is revoked', async () => {
  const { gateway, issue } = await set()
  const revoked = issue()
  gateway.revokeToken(revoked)
  for (const token of ['never issued', revoked])
    await expect(gateway.openGate(token, join(dir, 'a.sock'))).rejects.toThrow('issued and not revoked')
})
