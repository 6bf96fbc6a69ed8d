/** The back end without walls: nothing limits what the process sees, and its descendants are held as well as they can be. */
import { randomUUID } from 'node:crypto'
import type { Backend } from './backend.ts'
import { hostFacts, limitedBy } from './host-facts.ts'
import { markedBy, markedFamily } from './marked-family.ts'

export const unboxed: Backend = async (policy, command) => {
  const mark = randomUUID()
  const { openFiles, fileBytes } = policy.limits
  // Without a namespace of its own, a process limit would count everything the operator runs.
  const [file, ...args] = [
    ...limitedBy({ openFiles, fileBytes, processes: null }, await hostFacts()),
    command.file,
    ...command.args,
  ]
  return {
    file: file!,
    args,
    cwd: command.cwd,
    env: markedBy(mark),
    pipes: 0,
    attach: (_, pid) => ({ ...markedFamily(mark, pid), hasRun: () => true }),
  }
}
