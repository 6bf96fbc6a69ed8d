/** The conversation file of a session: one turn a line, appended as it happens, so that a later start can go on. */
import { appendFile, mkdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { z } from 'zod'
import { parseObject } from '../stream.ts'
import type { Turn } from './turns.ts'

const StoredTurn = z.discriminatedUnion('kind', [
  z.object({ kind: z.enum(['prompt', 'note']), text: z.string() }),
  z.object({ kind: z.literal('operator'), id: z.string(), text: z.string() }),
  z.object({
    kind: z.literal('answer'),
    text: z.string(),
    calls: z.array(z.object({ id: z.string(), name: z.string(), input: z.record(z.string(), z.unknown()) })),
  }),
  z.object({
    kind: z.literal('results'),
    results: z.array(z.object({ id: z.string(), ok: z.boolean(), text: z.string() })),
  }),
  /** What came before is replaced by these: the conversation had outgrown the model. */
  z.object({ kind: z.literal('trimmed'), turns: z.array(z.unknown()) }),
])

export interface Session {
  append(turn: Turn): Promise<void>
  /** From here on the conversation is this one. */
  replace(turns: readonly Turn[]): Promise<void>
}

const pathOf = (folder: string, id: string): string => join(folder, `${id}.jsonl`)

export const openSession = async (folder: string, id: string): Promise<Session> => {
  await mkdir(folder, { recursive: true, mode: 0o700 })
  const write = (line: unknown): Promise<void> =>
    appendFile(pathOf(folder, id), `${JSON.stringify(line)}\n`, { mode: 0o600 })
  return { append: write, replace: turns => write({ kind: 'trimmed', turns }) }
}

/** The turns so far, or null when there is no such session. A line that was cut off by a kill is left out. */
export const loadSession = async (folder: string, id: string): Promise<Turn[] | null> => {
  const text = await readFile(pathOf(folder, id), 'utf8').catch(() => null)
  if (text === null) return null
  let turns: Turn[] = []
  for (const line of text.split('\n')) {
    const { data } = StoredTurn.safeParse(parseObject(line))
    if (data === undefined) continue
    if (data.kind === 'trimmed') turns = data.turns.flatMap(readTurn)
    else turns.push(...readTurn(data))
  }
  return withResults(turns)
}

const readTurn = (value: unknown): Turn[] => {
  const { data } = StoredTurn.safeParse(value)
  return data === undefined || data.kind === 'trimmed' ? [] : [data]
}

/** A kill between a call and its result leaves a conversation no server takes: such calls get a result that says so. */
const withResults = (turns: readonly Turn[]): Turn[] =>
  turns.flatMap((turn, index) => {
    const next = turns[index + 1]
    if (turn.kind !== 'answer' || turn.calls.length === 0 || next?.kind === 'results') return [turn]
    const results = turn.calls.map(({ id }) => ({ id, ok: false, text: 'Interrupted: it is not known what it did.' }))
    return [turn, { kind: 'results', results }]
  })
