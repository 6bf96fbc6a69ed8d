/** The tool `edit`: changes a file that is there, by exact replacement or by a unified patch. */
import { writeFile } from 'node:fs/promises'
import { applyPatch } from './patch.ts'
import { absolute, writeRefusal } from './paths.ts'
import { replaceExactly } from './replace.ts'
import { readText } from './text-file.ts'
import { done, failed, type Tool } from './tool.ts'

export const edit: Tool = {
  kind: 'changes',
  spec: {
    name: 'edit',
    description:
      'Changes a file: give `old`, quoted exactly as it stands there, and `new`; or `patch`, a unified diff of this one file.',
    parameters: {
      path: { type: 'string', description: 'The file', isRequired: true },
      old: { type: 'string', description: 'The text to replace; it must stand in the file exactly once' },
      new: { type: 'string', description: 'What stands there instead; empty removes it' },
      all: { type: 'boolean', description: 'Replace every occurrence of `old`' },
      patch: {
        type: 'string',
        description: 'Instead of `old` and `new`: a unified diff with parts that begin with @@',
      },
    },
  },
  async act(input, place) {
    const path = String(input.path)
    const target = absolute(path, place)
    const refusal = writeRefusal(target, place)
    if (refusal !== null) return failed(`${path}: ${refusal}`)
    const hasPatch = typeof input.patch === 'string' && input.patch !== ''
    const hasOld = typeof input.old === 'string' && typeof input.new === 'string'
    if (hasPatch === hasOld) return failed('give either old and new, or patch')
    const file = await readText(target)
    if (!file.ok) return failed(`${path}: ${file.why}`)
    const edited = hasPatch
      ? applyPatch(file.text, String(input.patch))
      : replaceExactly(file.text, String(input.old), String(input.new), input.all === true)
    if (!edited.ok) return failed(`${path}: ${edited.why}`)
    await writeFile(target, edited.text)
    return done(`${path}: ${edited.count === 1 ? 'one place' : `${edited.count} places`} changed.`)
  },
}
