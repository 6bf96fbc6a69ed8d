/** The tool `list`: names below a folder, to a depth. */
import { stat } from 'node:fs/promises'
import { absolute, shown } from './paths.ts'
import { done, failed, type Tool } from './tool.ts'
import { walk } from './walk.ts'

const most = 400

export const list: Tool = {
  kind: 'reads',
  spec: {
    name: 'list',
    description: `Lists files and folders (folders end in /), at most ${most}. Without \`path\`: the top of the checkout.`,
    parameters: {
      path: { type: 'string', description: 'The folder' },
      depth: { type: 'integer', description: 'How deep to go; 2 where it is left out' },
    },
  },
  async act(input, place) {
    const folder = absolute(String(input.path ?? '.'), place)
    const there = await stat(folder).catch(() => null)
    if (!there?.isDirectory()) return failed(`${shown(folder, place)}: there is no such folder`)
    const names: string[] = []
    for await (const { path, entry } of walk(folder, most + 1, Math.max(1, Number(input.depth ?? 2))))
      names.push(shown(path, place) + (entry.isDirectory() ? '/' : entry.isSymbolicLink() ? ' (link)' : ''))
    if (names.length === 0) return done(`${shown(folder, place)} is empty.`)
    const isCut = names.length > most
    return done(
      names.slice(0, most).join('\n') + (isCut ? `\n[more than ${most}: name a folder, or a smaller depth]` : ''),
    )
  },
}
