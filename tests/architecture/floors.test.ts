/** Imports run down the floors, siblings never import each other, and each outside library has its one room. */
import { readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { roomOf, root, type SourceFile, sourcesIn } from './sources.ts'

const floors: string[][] = [
  ['domain'],
  ['config'],
  ['process', 'store'],
  ['git'],
  ['supervisor', 'planner', 'workers', 'verifier', 'lanes', 'rehearsal', 'tui', 'demo'],
  ['app'],
  ['cli'],
]
const floorOf = (room: string): number => floors.findIndex(rooms => rooms.includes(room))

const src = sourcesIn('src')
const program = [...src, ...sourcesIn('tools'), ...sourcesIn('bin'), ...sourcesIn('bench')]

/** `file → imported`, for a list that reads well when it is not empty. */
const arrows = (files: SourceFile[], isWrong: (file: SourceFile, imported: string) => boolean): string[] =>
  files.flatMap(file =>
    file.own.filter(imported => isWrong(file, imported)).map(imported => `${file.path} → ${imported}`),
  )

describe('floors', () => {
  test('every file of the program lies in a room of a floor', () => {
    expect(src.length).toBeGreaterThan(100)
    expect(src.filter(file => floorOf(roomOf(file.path)) === -1).map(file => file.path)).toEqual([])
  })

  test('imports run down, and siblings never import each other', () => {
    const wrong = arrows(src, (file, imported) => {
      const [from, to] = [roomOf(file.path), roomOf(imported)]
      return from !== to && floorOf(to) >= floorOf(from)
    })
    expect(wrong).toEqual([])
  })

  test('every import of our own names a file that exists', () => {
    const known = new Set([...program, ...sourcesIn('tests')].map(file => file.path))
    expect(arrows(program, (_, imported) => /\.(?:ts|js)$/.test(imported) && !known.has(imported))).toEqual([])
  })

  test('no file imports itself by way of others', () => {
    const imports = new Map(program.map(file => [file.path, file.own]))
    const done = new Set<string>()
    const circles: string[] = []
    const visit = (path: string, trail: string[]): void => {
      if (trail.includes(path)) circles.push([...trail.slice(trail.indexOf(path)), path].join(' → '))
      if (done.has(path) || trail.includes(path)) return
      for (const next of imports.get(path) ?? []) visit(next, [...trail, path])
      done.add(path)
    }
    for (const path of imports.keys()) visit(path, [])
    expect(circles).toEqual([])
  })

  test('commands reach the loop and the gateway through the composition root only', () => {
    const wrong = arrows(
      src.filter(file => roomOf(file.path) === 'cli'),
      (_, imported) => ['supervisor', 'lanes'].includes(roomOf(imported)),
    )
    expect(wrong).toEqual([])
  })
})

/** The table of ARCHITECTURE.md: package → room → what breaks without it. */
const table = (): { name: string; room: string; breaks: string }[] => {
  const paper = readFileSync(join(root, 'ARCHITECTURE.md'), 'utf8')
  const section = paper.slice(paper.indexOf('\n## Dependencies'))
  return [...section.matchAll(/^\| `([^`]+)` \| ([^|]+) \| ([^|]+) \|$/gm)].map(found => ({
    name: found[1]!,
    room: found[2]!.trim(),
    breaks: found[3]!.trim(),
  }))
}

describe('dependencies', () => {
  const manifest = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as Record<
    string,
    Record<string, string>
  >
  const wanted = ['dependencies', 'devDependencies', 'optionalDependencies'].flatMap(kind =>
    Object.keys(manifest[kind] ?? {}),
  )
  const rows = table()

  test('every package is in the table once, with what breaks without it, and nothing else is', () => {
    expect(rows.map(row => row.name).sort()).toEqual([...wanted].sort())
    for (const row of rows) expect(row.breaks.length, row.name).toBeGreaterThan(15)
  })

  test('every package has an exact version', () => {
    for (const kind of ['dependencies', 'devDependencies', 'optionalDependencies']) {
      for (const [name, version] of Object.entries(manifest[kind] ?? {}))
        expect(version, name).toMatch(/^\d+\.\d+\.\d+$/)
    }
  })

  test.each(rows.map(row => [row.name, row.room]))('%s is imported in exactly its room (%s)', (name, room) => {
    const rooms = room.split(', ')
    const importers = program.filter(file => file.packages.includes(name)).map(file => file.path)
    if (room === 'every room') return expect(importers.length).toBeGreaterThan(0)
    if (room === 'a program' || room === 'types') return expect(importers).toEqual([])
    const isTests = rooms.includes('tests')
    expect(importers.filter(path => !rooms.includes(roomOf(path)))).toEqual([])
    const used = isTests ? sourcesIn('tests').filter(file => file.packages.includes(name)).length : importers.length
    expect(used, `${name} is in the table but nothing imports it`).toBeGreaterThan(0)
  })

  test('nothing imports a package that package.json does not name', () => {
    const unknown = program.flatMap(file =>
      file.packages.filter(name => !wanted.includes(name)).map(name => `${file.path} → ${name}`),
    )
    expect(unknown).toEqual([])
  })

  test('the brain imports words and its machine library only; the screen words and its library only', () => {
    for (const [room, library] of [
      ['supervisor', 'xstate'],
      ['tui', 'blessed'],
    ] as const) {
      for (const file of src.filter(one => roomOf(one.path) === room)) {
        expect(
          file.own.filter(path => !['domain', room].includes(roomOf(path))),
          file.path,
        ).toEqual([])
        expect(
          file.packages.filter(name => name !== library),
          file.path,
        ).toEqual([])
      }
    }
  })

  test('the words import zod only', () => {
    for (const file of src.filter(one => roomOf(one.path) === 'domain')) {
      expect(
        [...file.packages, ...file.builtin].filter(name => name !== 'zod'),
        file.path,
      ).toEqual([])
    }
  })

  // Reading schemas takes longer than listing a hundred thousand events.
  test('a listing loads no schemas', () => {
    const seen = new Set<string>()
    const load = (path: string): void => {
      if (seen.has(path)) return
      seen.add(path)
      const file = src.find(one => one.path === path)
      for (const [, specifier] of file?.text.matchAll(/^(?:import|export)(?! type)\b[^'"`;]*?\bfrom\s+'([^']+)'/gm) ??
        [])
        load(specifier!.startsWith('.') ? join(dirname(path), specifier!) : specifier!)
    }
    for (const entry of ['src/cli/main.ts', 'src/cli/commands/runs.ts']) load(entry)
    expect([...seen]).toContain('src/store/run-list.ts')
    expect([...seen]).not.toContain('zod')
  })
})
