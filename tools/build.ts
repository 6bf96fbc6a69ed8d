/** Makes the installed program: bundles the entries into dist/ (or the folder given), what they share in chunks. */
import { rm } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { build } from 'esbuild'

const root = join(import.meta.dirname, '..')
const outdir = resolve(process.argv[2] ?? join(root, 'dist'))

await rm(outdir, { recursive: true, force: true })
const { metafile } = await build({
  absWorkingDir: root,
  entryPoints: { 'cli/main': './src/cli/main.ts', 'tools/promote': './tools/promote.ts' },
  outdir,
  bundle: true,
  splitting: true,
  format: 'esm',
  platform: 'node',
  target: 'node22.18',
  // Dependencies are installed beside the program; better-sqlite3 finds its binary relative to itself.
  packages: 'external',
  chunkNames: 'chunks/[name]-[hash]',
  metafile: true,
  logLevel: 'warning',
})
// The local loop runs in a box: one file that needs nothing beside it but node.
const loop = await build({
  absWorkingDir: root,
  entryPoints: { 'workers/local': './src/workers/local/main.ts' },
  outdir,
  bundle: true,
  format: 'esm',
  platform: 'node',
  target: 'node22.18',
  // Whatever lies beside it: in its box no package.json does, to say what .js is.
  outExtension: { '.js': '.mjs' },
  // Its text stays in memory.
  minify: true,
  metafile: true,
  logLevel: 'warning',
})
for (const [path, { bytes }] of Object.entries({ ...metafile.outputs, ...loop.metafile.outputs }))
  console.log(`${path} ${Math.ceil(bytes / 1024)} KiB`)
