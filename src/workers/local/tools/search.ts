/** The tool `search`: lines that match a pattern. A pattern that takes too long is given up, whatever it is made of. */
import { lstat } from 'node:fs/promises'
import { type Context, createContext, Script } from 'node:vm'
import { absolute, shown } from './paths.ts'
import { readText } from './text-file.ts'
import { done, failed, type Outcome, type Place, type Tool } from './tool.ts'
import { walk } from './walk.ts'

const mostMatches = 100
const mostFiles = 20_000
const mostPerFile = 20
/** Of one file, and of the whole search. */
const fileMs = 500
const allMs = 15_000

export const search: Tool = {
  kind: 'reads',
  spec: {
    name: 'search',
    description: `Finds lines that match a regular expression (as in JavaScript), at most ${mostMatches}, as path:line: text.`,
    parameters: {
      pattern: { type: 'string', description: 'The regular expression', isRequired: true },
      path: { type: 'string', description: 'A file or folder; the whole checkout where it is left out' },
      ending: { type: 'string', description: 'Only files whose names end so: .ts' },
    },
  },
  async act(input, place) {
    const pattern = String(input.pattern)
    try {
      new RegExp(pattern)
    } catch (error) {
      return failed(`this is no regular expression: ${(error as Error).message}`)
    }
    const start = absolute(String(input.path ?? '.'), place)
    const there = await lstat(start).catch(() => null)
    if (there === null) return failed(`${shown(start, place)}: there is no such file or folder`)
    const files = there.isFile() ? [start] : filesBelow(start, String(input.ending ?? ''))
    return searchIn(files, pattern, place)
  },
}

async function* filesBelow(folder: string, ending: string): AsyncGenerator<string> {
  for await (const { path, entry } of walk(folder, mostFiles)) if (entry.isFile() && path.endsWith(ending)) yield path
}

const searchIn = async (
  files: AsyncIterable<string> | Iterable<string>,
  pattern: string,
  place: Place,
): Promise<Outcome> => {
  const match = matcher(pattern)
  const until = Date.now() + allMs
  const found: string[] = []
  const notes: string[] = []
  for await (const path of files) {
    if (found.length >= mostMatches) notes.push(`more than ${mostMatches} matches: narrow the search`)
    else if (Date.now() > until) notes.push('the search took too long: name a folder')
    if (notes.length > 0) break
    const file = await readText(path)
    if (!file.ok) continue
    const lines = match(file.text)
    if (lines === null) return failed(`the pattern takes too long on ${shown(path, place)}: make it simpler`)
    found.push(...lines.map(({ number, text }) => `${shown(path, place)}:${number}: ${text}`))
  }
  const told = found.length === 0 ? 'No line matches.' : found.slice(0, mostMatches).join('\n')
  return done(told + notes.map(note => `\n[${note}]`).join(''))
}

interface Line {
  number: number
  text: string
}

/** Runs in a context of its own because only there the engine can be told to stop in the middle of a match. */
const matcher = (pattern: string): ((text: string) => Line[] | null) => {
  const context: Context = createContext({ pattern, most: mostPerFile, text: '' })
  const script = new Script(
    `(() => {
      const expression = new RegExp(pattern)
      const found = []
      const lines = text.split('\\n')
      for (let at = 0; at < lines.length && found.length < most; at++)
        if (expression.test(lines[at])) found.push({ number: at + 1, text: lines[at].slice(0, 300) })
      return JSON.stringify(found)
    })()`,
  )
  return text => {
    context.text = text
    try {
      return JSON.parse(String(script.runInContext(context, { timeout: fileMs }))) as Line[]
    } catch {
      return null
    }
  }
}
