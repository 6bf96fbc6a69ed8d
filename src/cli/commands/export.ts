/** `agentlab export RUN [--output FILE] [--facts] [--thin]`: a run that has ended, as one file. */
import { readFileSync } from 'node:fs'
import { basename, resolve } from 'node:path'
import { exportRun } from '../../app.ts'
import { assetPath } from '../../config/assets.ts'
import { exportFileName } from '../../domain/export-file.ts'
import { fileSize, many } from '../../domain/measures.ts'
import type { Answer, Call } from '../call.ts'
import { openIfAny, runNamed } from '../project.ts'

export interface ExportOptions {
  output?: string
  facts?: boolean
  thin?: boolean
}

export const exportFile = async (call: Call, id: string, options: ExportOptions): Promise<Answer> => {
  const project = await openIfAny(call)
  const runId = runNamed(project, id)
  const { output } = options
  try {
    const made = await exportRun(project!, {
      runId,
      pathFor: lane => resolve(call.cwd, output ?? exportFileName({ lane, runId })),
      factsOnly: options.facts === true,
      isThin: options.thin === true,
      agentlab: (JSON.parse(readFileSync(assetPath('package.json'), 'utf8')) as { version: string }).version,
      now: Date.now(),
    })
    const { counts } = made
    const what = [
      many(counts.events, 'event'),
      many(counts.contents, 'content'),
      many(counts.transcripts, 'transcript'),
      many(counts.commits, 'head'),
    ].join(', ')
    return {
      text: made.path,
      json: { runId, lane: made.lane, file: made.path, bytes: made.bytes, counts },
      remarks: [
        `${fileSize(made.bytes)}, lane ${made.lane}: ${what}.`,
        ...(made.isErased ? ['The words of this run were erased: the file has facts and commits alone.'] : []),
        ...(options.facts === true
          ? []
          : [
              made.lane === 'private'
                ? 'The file leaves what AgentLab keeps and erases: no purge and no retention reaches it. Delete it yourself once it is imported.'
                : 'No purge and no retention reaches the file.',
            ]),
        `On the other machine, in a clone of this repository: agentlab import ${basename(made.path)}`,
      ],
    }
  } finally {
    project!.close()
  }
}
