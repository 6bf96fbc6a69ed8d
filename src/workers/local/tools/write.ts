/** The tool `write`: makes a file, or replaces it whole. */
import { mkdir, writeFile } from 'node:fs/promises'
import { dirname } from 'node:path'
import { absolute, writeRefusal } from './paths.ts'
import { done, failed, type Tool } from './tool.ts'

export const write: Tool = {
  kind: 'changes',
  spec: {
    name: 'write',
    description: 'Makes a file with this content, and its folders; a file that is there is replaced whole.',
    parameters: {
      path: { type: 'string', description: 'The file, from the top of the checkout', isRequired: true },
      content: { type: 'string', description: 'The whole content', isRequired: true },
    },
  },
  async act(input, place) {
    const path = String(input.path)
    const target = absolute(path, place)
    const refusal = writeRefusal(target, place)
    if (refusal !== null) return failed(`${path}: ${refusal}`)
    const content = String(input.content)
    await mkdir(dirname(target), { recursive: true })
    await writeFile(target, content)
    return done(`${path}: ${Buffer.byteLength(content)} bytes written.`)
  },
}
