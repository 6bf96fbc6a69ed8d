/**
 * Draws the README's picture from what the program really prints: runs the demo and writes docs/demo.txt (all of it),
 * docs/demo.svg (its story and its end) and the README's excerpt. Run it again whenever the demo's output changes:
 * node tools/demo-cast.ts
 */
import { spawn } from 'node:child_process'
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = dirname(fileURLToPath(new URL('.', import.meta.url)))

/** Everything the demo prints; its own folder stands as the place where an operator's would lie. */
const runDemo = async (): Promise<string> => {
  const state = join(root, '.scratch', `cast-${process.pid}`)
  mkdirSync(state, { recursive: true })
  try {
    const child = spawn(process.execPath, [join(root, 'bin/agentlab.js'), 'demo'], {
      cwd: root,
      env: { ...process.env, XDG_STATE_HOME: state, NO_COLOR: '1' },
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    const chunks: Buffer[] = []
    child.stdout.on('data', (chunk: Buffer) => chunks.push(chunk))
    const exit = await new Promise(resolve => child.once('close', resolve))
    if (exit !== 0) throw new Error(`the demo ended with ${String(exit)}:\n${Buffer.concat(chunks).toString('utf8')}`)
    return Buffer.concat(chunks).toString('utf8').replaceAll(state, '~/.local/state')
  } finally {
    rmSync(state, { recursive: true, force: true })
  }
}

/** The lines for the picture: the command, the story, then how the receipt ends. */
export const pictureLines = (output: string): string[] => {
  const story = output.slice(output.indexOf('$ agentlab task'), output.indexOf('\n# Run ')).trimEnd()
  const end = output.slice(output.indexOf('## NOT PROVEN')).trimEnd()
  return ['$ npm ci && npm run demo', '…', ...story.split('\n'), '', '… the receipt …', '', ...end.split('\n')].flatMap(
    line => wrap(line, columns),
  )
}

const columns = 108

const wrap = (line: string, width: number): string[] => {
  if (line.length <= width) return [line]
  const space = line.lastIndexOf(' ', width)
  const cut = space < width / 2 ? width : space
  const indent = /^ */.exec(line)![0]
  return [line.slice(0, cut), ...wrap(indent + line.slice(cut).trimStart(), width)]
}

const colorOf = (line: string): string => {
  if (line.startsWith('$') || line.startsWith('## ')) return '#ffffff'
  if (/FAIL|CONFLICT/.test(line)) return '#ff9e64'
  if (/integrated on agent/.test(line)) return '#9ece6a'
  if (/: pass$/.test(line)) return '#7dcfff'
  if (/^ {20}\S/.test(line)) return '#ffc59b'
  return '#c0caf5'
}

const xml = (text: string): string =>
  text.replace(/[&<>]/g, sign => ({ '&': '&amp;', '<': '&lt;', '>': '&gt;' })[sign]!)

/** A terminal as an SVG of text; lines stay selectable and searchable. */
export const drawSvg = (lines: readonly string[]): string => {
  const [lineHeight, top, left] = [18, 46, 20]
  const [width, height] = [columns * 7.9 + 2 * left, lines.length * lineHeight + top + 14]
  const rows = lines.map(
    (line, index) =>
      `<text x="${left}" y="${top + index * lineHeight}" fill="${colorOf(line)}" xml:space="preserve">${xml(line)}</text>`,
  )
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${Math.round(width)} ${height}" font-family="ui-monospace, SFMono-Regular, Menlo, Consolas, 'DejaVu Sans Mono', monospace" font-size="13" role="img" aria-label="agentlab demo, as it prints">`,
    `<rect width="100%" height="100%" rx="8" fill="#1a1b26"/>`,
    ...['#f7768e', '#e0af68', '#9ece6a'].map(
      (fill, index) => `<circle cx="${20 + index * 18}" cy="18" r="5" fill="${fill}"/>`,
    ),
    ...rows,
    '</svg>',
    '',
  ].join('\n')
}

/** The README with the moment of the demo that matters most, as it was printed. */
export const withExcerpt = (readme: string, output: string): string => {
  const story = output.split('\n')
  const at = story.findIndex(line => line.includes('FAIL, although'))
  const excerpt = [
    '```console',
    '$ npm ci && npm run demo',
    '…',
    ...story.slice(at, at + 3),
    '…',
    story.findLast(line => line.includes('integrated on agent'))!,
    '```',
  ]
  return readme.replace(
    /(<!-- demo -->\n)[\s\S]*?(<!-- \/demo -->)/,
    (_, open, close) => `${open}${excerpt.join('\n')}\n${close}`,
  )
}

if (import.meta.main) {
  const output = await runDemo()
  writeFileSync(join(root, 'docs/demo.txt'), output)
  writeFileSync(join(root, 'docs/demo.svg'), drawSvg(pictureLines(output)))
  const readme = join(root, 'README.md')
  writeFileSync(readme, withExcerpt(readFileSync(readme, 'utf8'), output))
  process.stdout.write('Written: docs/demo.txt, docs/demo.svg, README.md\n')
}
