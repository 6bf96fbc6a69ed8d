/** The record of promotions, line by line, without the words of erased runs: what was promoted, when and by whom stays. */
import { z } from 'zod'

const Line = z.looseObject({
  tasks: z.array(z.looseObject({ taskId: z.string(), title: z.string() })).optional(),
  notProven: z.array(z.string()).optional(),
})

const erased = '(erased)'

/** A line that is not of ours stays as it is: it is not ours to read. */
export const withoutWordsOf = (text: string, isErased: (runId: string) => boolean): string =>
  text
    .split('\n')
    .map(line => (line === '' ? line : scrubbed(line, isErased)))
    .join('\n')

const scrubbed = (line: string, isErased: (runId: string) => boolean): string => {
  const entry = parsed(line)
  if (entry === null) return line
  const { tasks = [], notProven = [] } = entry
  const isOfErased = (item: string): boolean => isErased(/^Run ([a-z0-9]{8}): /.exec(item)?.[1] ?? '')
  return JSON.stringify({
    ...entry,
    tasks: tasks.map(task => (isErased(task.taskId.slice(0, 8)) ? { ...task, title: erased } : task)),
    notProven: notProven.map(item => (isOfErased(item) ? `${item.slice(0, 14)}${erased}` : item)),
  })
}

const parsed = (line: string): z.infer<typeof Line> | null => {
  try {
    return Line.safeParse(JSON.parse(line)).data ?? null
  } catch {
    return null
  }
}
