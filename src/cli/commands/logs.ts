/** `agentlab logs RUN|TASK [-f] [--full]`: what the agents said and did, as a conversation for reading. */
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { erasedWords } from '../../domain/erasure-words.ts'
import type { Answer, Call } from '../call.ts'
import { conversation } from '../conversation.ts'
import { openNear } from '../near-store.ts'
import { runOrTaskNamed, taskIds, viewOf } from '../project.ts'
import { type TranscriptEntry, transcriptReader } from '../transcript.ts'

const pollMs = 250

const nothingWords = (erasedAt: number | null, id: string): string =>
  `${erasedAt === null ? 'Nothing was recorded yet.' : `What was said was ${erasedWords(erasedAt)}.`} Where it stands: agentlab show ${id}`

export const logs = async (call: Call, id: string, options: { follow?: boolean; full?: boolean }): Promise<Answer> => {
  const opened = await openNear(call)
  const { runId, taskId } = runOrTaskNamed(opened, id)
  const project = opened!
  const ids = (): string[] => (taskId === null ? [runId, ...taskIds(project, runId)] : [taskId])
  const read = transcriptReader(join(project.dataDir, 'transcripts'), ids)
  const tell = conversation({ paint: call.paint, full: options.full === true })
  const lines = (entries: TranscriptEntry[]): string[] =>
    call.json ? entries.map(entry => JSON.stringify(entry)) : entries.flatMap(tell)
  if (options.follow !== true) {
    const entries = await read()
    const remarks = entries.length === 0 ? [nothingWords(viewOf(project, runId).erasedAt, taskId ?? runId)] : []
    return { text: lines(entries).join('\n'), json: entries, remarks }
  }
  for (;;) {
    // The state is read first: what is written before the end is then surely read after it.
    const isOver = viewOf(project, runId).endedAt !== null
    for (const line of lines(await read())) call.out.write(`${line}\n`)
    if (isOver || call.signal.aborted) return { text: '', json: null }
    await sleep(pollMs, undefined, { signal: call.signal }).catch(() => undefined)
  }
}
