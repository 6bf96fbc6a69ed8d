/** A page in a real browser, without a window: what it finds out it tells the server that served it. */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { accessSync, constants } from 'node:fs'
import http, { type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { build } from 'esbuild'

const names = ['chromium', 'chromium-browser', 'google-chrome']

/** The program, or null where there is none. */
export const chromium: string | null =
  (process.env.PATH ?? '')
    .split(':')
    .flatMap(dir => names.map(name => join(dir, name)))
    .find(path => {
      try {
        accessSync(path, constants.X_OK)
        return true
      } catch {
        return false
      }
    }) ?? null

const flags = [
  '--headless',
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
]

export interface Pages {
  /** Of the pages as they are listed: `http://127.0.0.1:<port>`. */
  origin: string
  /** The same pages under another origin. */
  otherOrigin: string
  /** What a page says under a name; waits for it. `tell('done', …)` in its script says it. */
  told(name: string): Promise<unknown>
  /** Lets `wait(name)` in a page's script go on. */
  release(name: string): void
  close(): Promise<void>
}

const prelude = `const tell = (name, value) => fetch('/told/' + name, { method: 'POST', body: JSON.stringify(value ?? null) });
const wait = name => fetch('/wait/' + name);
`

/** Serves one page whose script is `script`, a module that may import what is installed here. */
export const servePages = async (script: string): Promise<Pages> => {
  const contents = `${prelude}\n${script}`
  const built = await build({
    stdin: { contents, resolveDir: process.cwd() },
    bundle: true,
    write: false,
    format: 'esm',
    platform: 'browser',
    logLevel: 'error',
  })
  const told = new Map<string, PromiseWithResolvers<unknown>>()
  const waits = new Map<string, PromiseWithResolvers<unknown>>()
  const at = (map: typeof told, name: string): PromiseWithResolvers<unknown> => {
    const found = map.get(name) ?? Promise.withResolvers<unknown>()
    map.set(name, found)
    return found
  }
  const serve = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const [, kind, name = ''] = (request.url ?? '').split('/')
    if (kind === 'told') at(told, name).resolve(JSON.parse(await bodyOf(request)))
    if (kind === 'wait') await at(waits, name).promise
    const type = kind === 'script.js' ? 'text/javascript' : 'text/html'
    response.writeHead(200, { 'content-type': type })
    response.end(kind === 'script.js' ? built.outputFiles[0]!.text : '<script type="module" src="/script.js"></script>')
  }
  const server = http.createServer((request, response) => void serve(request, response))
  server.listen(0)
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  return {
    origin: `http://127.0.0.1:${port}`,
    otherOrigin: `http://localhost:${port}`,
    told: name => at(told, name).promise,
    release: name => at(waits, name).resolve(null),
    close: async () => {
      const closed = once(server, 'close')
      server.close()
      server.closeAllConnections()
      await closed
    },
  }
}

const bodyOf = async (request: IncomingMessage): Promise<string> => {
  const chunks: Buffer[] = []
  for await (const chunk of request as AsyncIterable<Buffer>) chunks.push(chunk)
  return Buffer.concat(chunks).toString('utf8')
}

/** Opens a page while `work` runs, in a browser that has nothing else. */
export const withPage = async (url: string, dir: string, work: () => Promise<void>): Promise<void> => {
  const browser: ChildProcess = spawn(chromium!, [...flags, `--user-data-dir=${dir}`, url], {
    env: { HOME: dir, PATH: process.env.PATH ?? '' },
    stdio: 'ignore',
    detached: true,
  })
  const closed = once(browser, 'close')
  const early = closed.then(([code]) => {
    throw new Error(`the browser ended with ${code} before the page had told anything`)
  })
  try {
    await Promise.race([work(), early])
  } finally {
    early.catch(() => {})
    process.kill(-browser.pid!, 'SIGKILL')
    await closed
  }
}
