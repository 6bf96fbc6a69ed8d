/**
 * An environment of 20,000 files: placing it, beside building it. The set-up is the real `npm ci` of 400 packages that lie
 * in the repository as archives, without scripts and without a network: less than any set-up has to do.
 */
import { execFileSync } from 'node:child_process'
import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { placeEnvironment } from '../src/app/environment/place.ts'
import { keepPaths } from '../src/app/environment/stored.ts'
import { type Figure, median, rounds, timed } from './figure.ts'
import { inScratch } from './scratch.ts'

const packages = 400
const filesEach = 50

/** One package as `npm pack` would make it. */
const pack = (dir: string, name: string): void => {
  const root = join(dir, 'package')
  for (const folder of ['lib', 'lib/deep']) mkdirSync(join(root, folder), { recursive: true })
  writeFileSync(join(root, 'package.json'), JSON.stringify({ name, version: '1.0.0' }))
  for (let file = 1; file < filesEach; file++) {
    const text = `module.exports = '${name} ${file}'\n`.repeat(10 + ((file * 37) % 200))
    writeFileSync(join(root, ['', 'lib', 'lib/deep'][file % 3]!, `${file}.js`), text)
  }
  execFileSync('tar', ['-C', dir, '-czf', join(dir, `${name}.tgz`), 'package'])
  rmSync(root, { recursive: true })
}

const npm = (cwd: string, ...args: string[]): void => {
  const options = [
    '--offline',
    '--ignore-scripts',
    '--no-audit',
    '--no-fund',
    '--loglevel=error',
    '--cache',
    `${cwd}/../cache`,
  ]
  execFileSync('npm', [...args, ...options], { cwd, stdio: 'ignore' })
}

export const environment = (): Promise<Figure> =>
  inScratch(async dir => {
    const names = Array.from({ length: packages }, (_, n) => `package-${n}`)
    const project = join(dir, 'project')
    mkdirSync(project)
    mkdirSync(join(dir, 'archives'))
    for (const name of names) pack(join(dir, 'archives'), name)
    const dependencies = Object.fromEntries(names.map(name => [name, `file:../archives/${name}.tgz`]))
    writeFileSync(join(project, 'package.json'), JSON.stringify({ name: 'project', version: '1.0.0', dependencies }))
    npm(project, 'install', '--package-lock-only')
    const built: number[] = []
    const placed: number[] = []
    for (let round = 0; round < rounds; round++) {
      // Nothing is removed between rounds, and what was written before is not paid for here: some file systems take
      // minutes to be as quick again as they were before a large removal.
      const stored = join(dir, `environment-${round}`)
      const workspace = join(dir, `workspace-${round}`)
      execFileSync('sync')
      built.push(await timed(() => npm(project, 'ci')))
      await keepPaths(project, stored, ['node_modules'], 'benchrun')
      mkdirSync(workspace)
      execFileSync('sync')
      const one = { status: 'built' as const, hash: 'bench', dir: stored, paths: ['node_modules'] }
      placed.push(await timed(() => placeEnvironment(one, workspace, null)))
    }
    return {
      name: `placing an environment, ${(packages * filesEach).toLocaleString('en')} files`,
      unit: 'ms',
      measured: median(placed),
      baseline: { what: `\`npm ci\` of its ${packages} packages`, value: median(built) },
      bound: { ratio: 0.25 },
      stages: placed.map((value, round): [string, number] => [
        `round ${round + 1}, beside ${Math.round(built[round]!)} ms`,
        value,
      ]),
    }
  })
