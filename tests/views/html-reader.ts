/** A strict reader of the HTML we write: every tag known and closed in order, every attribute quoted, no stray `<` or `&`. */

export interface Tag {
  name: string
  attributes: Record<string, string>
}

export interface ReadHtml {
  /** Opening tags in the order they stand. */
  tags: Tag[]
  /** All text outside tags and the style sheet, entities resolved. */
  text: string
}

const voids = new Set(['meta', 'br', 'hr', 'img', 'input', 'link'])
const entities: Record<string, string> = { '&amp;': '&', '&lt;': '<', '&gt;': '>', '&quot;': '"', '&#39;': "'" }

const resolve = (text: string): string =>
  text.replace(/&[^;\s]{0,10};?/g, found => {
    if (entities[found] === undefined) throw new Error(`a bare or unknown entity ${JSON.stringify(found)}`)
    return entities[found]
  })

/** @throws Error that says what is wrong and where */
export const readHtml = (page: string): ReadHtml => {
  const tags: Tag[] = []
  const open: string[] = []
  const texts: string[] = []
  let rest = page.replace(/^<!doctype html>\n/, '')
  while (rest !== '') {
    const text = /^[^<]+/.exec(rest)?.[0]
    if (text !== undefined) {
      texts.push(resolve(text))
      rest = rest.slice(text.length)
      continue
    }
    const end = /^<\/([a-z0-9]+)>/.exec(rest)
    if (end !== null) {
      const expected = open.pop()
      if (expected !== end[1]) throw new Error(`</${end[1]}> where </${expected}> is due: …${rest.slice(0, 80)}`)
      rest = rest.slice(end[0].length)
      continue
    }
    const start = /^<([a-z0-9]+)((?:\s+[a-z0-9:-]+(?:="[^"<>]*")?)*)\s*(\/?)>/i.exec(rest)
    if (start === null) throw new Error(`no tag: ${rest.slice(0, 80)}`)
    const name = start[1]!
    const attributes: Record<string, string> = {}
    for (const [, key, value] of start[2]!.matchAll(/([a-z0-9:-]+)(?:="([^"]*)")?/gi))
      attributes[key!] = resolve(value ?? '')
    tags.push({ name, attributes })
    rest = rest.slice(start[0].length)
    if (name === 'style') {
      const close = rest.indexOf('</style>')
      rest = rest.slice(close + '</style>'.length)
    } else if (!voids.has(name) && start[3] !== '/') open.push(name)
  }
  if (open.length > 0) throw new Error(`never closed: ${open.join(', ')}`)
  return { tags, text: texts.join('') }
}
