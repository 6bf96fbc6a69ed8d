/** The log an operator piped in: content of its run, and for a researcher a file beside its seat, out of its reach. */
import { join } from 'node:path'
import type { HandedLog } from '../workers/researcher-prompt.ts'
import type { Host, RunScope } from './host.ts'
import { writeWords } from './laned-file.ts'
import type { Seat } from './seats.ts'

/** Writes it, and gives its text as it was kept: what is cited is held against that. Null where none was handed in. */
export const handedLog = async (
  host: Host,
  scope: RunScope,
  seat: Seat,
): Promise<(HandedLog & { text: string }) | null> => {
  const id = scope.request.log?.contentId
  const kept = id === undefined ? null : host.project.store.content.laned(id)
  if (kept === null) return null
  const path = join(seat.io, 'log.txt')
  await writeWords(scope, path, kept)
  const text = kept.words
  return { path, text, lines: text.split('\n').length - (text.endsWith('\n') ? 1 : 0) }
}
