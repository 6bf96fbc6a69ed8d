/** Writes YAML for people to read and edit; what it writes, `parseYaml` reads back to the same value. */
import { Document, isNode } from 'yaml'

export interface YamlRemarks {
  /** Lines above everything, each as a comment. */
  head: readonly string[]
  /** A comment above the node at a path. */
  notes: readonly { path: readonly (string | number)[]; text: string }[]
}

/** Ends with a newline. Remarks are one line each: what would end a line is the caller's to clean. */
export const writeYaml = (value: unknown, { head, notes }: YamlRemarks): string => {
  const document = new Document(value, { aliasDuplicateObjects: false })
  for (const { path, text } of notes) {
    const node = document.getIn(path, true)
    if (isNode(node)) node.commentBefore = ` ${text}`
  }
  const comment = head.map(line => (line === '' ? '#' : `# ${line}`)).join('\n')
  const body = document.toString({ lineWidth: 100 })
  return comment === '' ? body : `${comment}\n\n${body}`
}
