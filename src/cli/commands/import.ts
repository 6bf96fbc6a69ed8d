/** `agentlab import FILE [--lane L]`: a run out of a file becomes one that can be read here. */
import { resolve } from 'node:path'
import { importRun, laneDays } from '../../app.ts'
import type { Lane } from '../../domain/lane.ts'
import { many, moment } from '../../domain/measures.ts'
import type { Answer, Call } from '../call.ts'
import { openFor, viewOf } from '../project.ts'

export const importFile = async (call: Call, file: string, options: { lane?: Lane }): Promise<Answer> => {
  const project = await openFor(call, true)
  try {
    const now = Date.now()
    const made = await importRun(project, { path: resolve(call.cwd, file), lane: options.lane ?? null, now })
    const { runId, lane, counts } = made
    const json = { status: made.status, runId, lane, fileLane: made.fileLane, counts }
    if (made.status === 'same')
      return { text: runId, json, remarks: [`Run ${runId} is here already. Nothing was changed.`] }
    const days = laneDays(project, lane)
    const { endedAt, goal } = viewOf(project, runId)
    const goesAt = days === null || endedAt === null ? null : endedAt + days * 24 * 3_600_000
    return {
      text: runId,
      json,
      remarks: [
        `Imported in lane ${lane}${lane === made.fileLane ? '' : ` (the file's is ${made.fileLane})`}: ${many(counts.events, 'event')}, ${many(counts.contents, 'content')}, ${many(counts.transcripts, 'transcript')}. It is to be read; nothing of it was checked on this machine.`,
        ...(goal === null || goesAt === null
          ? []
          : [
              goesAt < now
                ? `Lane ${lane} keeps words for ${many(days!, 'day')} after a run's end, and that is over: they go when AgentLab cleans up next.`
                : `Its words go on ${moment(goesAt).slice(0, 10)}, ${many(days!, 'day')} after the run's end.`,
            ]),
        `Read it: agentlab show ${runId}`,
      ],
    }
  } finally {
    project.close()
  }
}
