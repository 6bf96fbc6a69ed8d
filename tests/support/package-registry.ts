/** A package registry on this machine: npm packages made by `npm pack`, and whatever else lies in its folder. */
import { execFileSync } from 'node:child_process'
import { createReadStream, existsSync, mkdirSync, readdirSync, statSync, writeFileSync } from 'node:fs'
import http from 'node:http'
import type { AddressInfo, Socket } from 'node:net'
import { delimiter, join, normalize } from 'node:path'

export interface PackageRegistry {
  /** Not the loopback address that programs take for their own. */
  host: string
  port: number
  /** Paths asked for, in order. */
  asked: string[]
  close(): Promise<void>
}

/** The folder of a program on this process's PATH, or null. */
const folderOf = (program: string): string | null =>
  (process.env.PATH ?? '').split(delimiter).find(dir => existsSync(join(dir, program))) ?? null

/** Packs `name@1.0.0`, whose main file says `hello`, into `dir`; gives the archive's name. */
export const packForNpm = (dir: string, name: string, scripts: Record<string, string> = {}): string => {
  const source = join(dir, `${name}.source`)
  mkdirSync(source, { recursive: true })
  writeFileSync(join(source, 'package.json'), JSON.stringify({ name, version: '1.0.0', main: 'index.js', scripts }))
  writeFileSync(join(source, 'index.js'), "module.exports = 'hello'\n")
  execFileSync('npm', ['pack', '--ignore-scripts', '--pack-destination', dir], {
    cwd: source,
    stdio: 'pipe',
    env: { PATH: process.env.PATH, HOME: dir },
  })
  return readdirSync(dir).find(file => file.startsWith(`${name}-`) && file.endsWith('.tgz'))!
}

/** Serves packuments of the archives in `dir`, and its files as they are. */
export const serveRegistry = async (dir: string): Promise<PackageRegistry> => {
  const asked: string[] = []
  const server = http.createServer((request, response) => {
    const path = normalize(decodeURIComponent(new URL(request.url ?? '/', 'http://x').pathname))
    asked.push(path)
    const file = join(dir, path)
    if (existsSync(file) && statSync(file).isFile()) return void createReadStream(file).pipe(response)
    if (existsSync(file)) {
      const links = readdirSync(file).map(name => `<a href="${name}">${name}</a>`)
      return void response.writeHead(200, { 'content-type': 'text/html' }).end(links.join('\n'))
    }
    const name = path.slice(1)
    const archive = readdirSync(dir).find(one => one.startsWith(`${name}-`) && one.endsWith('.tgz'))
    if (archive === undefined) return void response.writeHead(404).end('{}')
    const dist = { tarball: `http://${request.headers.host}/${archive}` }
    const versions = { '1.0.0': { name, version: '1.0.0', dist } }
    response.writeHead(200, { 'content-type': 'application/json' })
    response.end(JSON.stringify({ name, 'dist-tags': { latest: '1.0.0' }, versions }))
  })
  const sockets = new Set<Socket>()
  server.on('connection', socket => sockets.add(socket))
  await new Promise<void>(done => server.listen(0, '0.0.0.0', done))
  const { port } = server.address() as AddressInfo
  return {
    host: `127.0.0.2:${port}`,
    port,
    asked,
    close: async () => {
      for (const socket of sockets) socket.destroy()
      await new Promise(done => server.close(done))
    },
  }
}

/** PATH with the folders of further programs behind what is there. */
export const pathWith = (path: string, ...programs: string[]): string =>
  [path, ...programs.flatMap(program => folderOf(program) ?? [])].join(delimiter)
