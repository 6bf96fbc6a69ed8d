import { mkdirSync, rmSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import type { Host, RunScope } from '../../src/app/host.ts'
import { portsOf, portVariables } from '../../src/app/ports.ts'
import { makeScratch, removeScratch } from '../support/git-repository.ts'

let scratch: string
beforeEach(() => {
  scratch = makeScratch('ports')
})
afterEach(() => removeScratch(scratch))

/** Ports of the seat of that name in that repository's data dir; the seat is made. */
const portsFor = (repository: string, name: string, range: { names: string[]; from: number; to: number }) => {
  const dataDir = join(scratch, repository)
  const root = join(dataDir, 'seats', name)
  mkdirSync(root, { recursive: true })
  return portsOf({ project: { dataDir } } as Host, { config: { ports: range } } as RunScope, { root })
}

const wide = { names: ['web', 'api'], from: 20_000, to: 29_999 }
const narrow = { names: ['web'], from: 31_000, to: 31_029 }

test('a seat keeps its ports, whoever asks and however often, and one more name moves none', async () => {
  const first = await portsFor('one', 'seat', wide)
  expect([...first.keys()]).toEqual(['web', 'api'])
  expect(await portsFor('one', 'seat', wide)).toEqual(first)
  const more = await portsFor('one', 'seat', { ...wide, names: ['web', 'api', 'db'] })
  expect([more.get('web'), more.get('api')]).toEqual([first.get('web'), first.get('api')])
})

test('no two seats have a port in common, those of two repositories neither', async () => {
  const all = await Promise.all(
    ['one', 'two'].flatMap(repository =>
      Array.from({ length: 20 }, (_, n) => portsFor(repository, `seat-${n}`, { ...wide, to: 20_499 })),
    ),
  )
  const ports = all.flatMap(one => [...one.values()])
  expect(new Set(ports).size).toBe(80)
})

test('where all are in use that is said, and a seat that is gone has given its ports back', async () => {
  for (const name of ['a', 'b', 'c']) await portsFor('one', name, narrow)
  await expect(portsFor('one', 'd', narrow)).rejects.toMatchObject({ code: 'ports-exhausted' })
  const freed = await portsFor('one', 'b', narrow)
  rmSync(join(scratch, 'one/seats/b'), { recursive: true })
  expect(await portsFor('two', 'd', narrow)).toEqual(freed)
})

test('a port somebody listens on is passed over', async () => {
  const servers = [31_000, 31_010].map(port => createServer().listen(port, '127.0.0.1'))
  await Promise.all(servers.map(server => new Promise(resolve => server.once('listening', resolve))))
  expect(await portsFor('one', 'seat', narrow)).toEqual(new Map([['web', 31_020]]))
  await Promise.all(servers.map(server => new Promise(resolve => server.close(resolve))))
})

test('the environment names them, and one alone is PORT as well', () => {
  expect(portVariables(new Map([['web-ui', 20_010]]))).toEqual({ AGENTLAB_PORT_WEB_UI: '20010', PORT: '20010' })
  expect(
    portVariables(
      new Map([
        ['a', 1],
        ['b', 2],
      ]),
    ),
  ).toEqual({ AGENTLAB_PORT_A: '1', AGENTLAB_PORT_B: '2' })
  expect(portVariables(new Map())).toEqual({})
})
