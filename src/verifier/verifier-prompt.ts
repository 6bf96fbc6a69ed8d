/** What a verifier is told, and the schema its answer must have. */
import { readFileSync } from 'node:fs'
import { assetPath } from '../config/assets.ts'
import type { Oid } from '../domain/ids.ts'
import { answerSchema } from '../domain/json-answer.ts'
import type { Lane } from '../domain/lane.ts'
import { type Laned, laned } from '../domain/laned.ts'
import type { PlannedTask } from '../domain/plan.ts'
import { clipTogether, fenced, fillTemplate } from '../domain/template.ts'
import { cleanLine } from '../domain/text.ts'
import { VerifierAnswer } from '../domain/verdict.ts'

export interface VerifierMaterial {
  task: Pick<PlannedTask, 'title' | 'what' | 'why' | 'acceptance'>
  goal?: string
  lane: Lane
  /** The commit under judgement, checked out in the verifier's workspace. */
  tip: Oid
  base: Oid
  /** Absolute paths of files the verifier can read in its seat. */
  diffPath: string
  checksPath: string
  statementPath: string
  /** Repository-relative. */
  changedFiles: readonly string[]
  instructions: readonly { path: string; text: string }[]
}

/** JSON schema of a VerifierAnswer, for the CLIs that have a flag for it. */
export const verdictJsonSchema: Record<string, unknown> = answerSchema(VerifierAnswer)

const maxPromptBytes = 512 * 1024
const margin = 8 * 1024

/** The whole prompt, at most 512 KiB: the diff goes as a file; long parts are clipped with a note. */
export const verifierPrompt = (material: VerifierMaterial): Laned => {
  const template = readFileSync(assetPath('profiles/prompts/verifier.md'), 'utf8')
  const schema = JSON.stringify(verdictJsonSchema)
  const parts = clipTogether(
    {
      statement: statementOf(material.task),
      goal: material.goal ?? '',
      changedFiles: material.changedFiles.map(path => cleanLine(path, 1_000)).join('\n'),
      instructions: material.instructions.map(file => `== ${cleanLine(file.path, 300)} ==\n${file.text}`).join('\n\n'),
    },
    maxPromptBytes - Buffer.byteLength(template) - Buffer.byteLength(schema) - margin,
  )
  const text = fillTemplate(template, {
    tip: material.tip,
    base: material.base,
    diffPath: material.diffPath,
    checksPath: material.checksPath,
    statementPath: material.statementPath,
    changedFiles: fenced(parts.changedFiles),
    statement: fenced(parts.statement),
    goal: parts.goal === '' ? '' : `The operator's goal, of which this task is a part:\n\n${fenced(parts.goal)}`,
    instructions: parts.instructions === '' ? 'The repository has none.' : fenced(parts.instructions),
    schema: fenced(schema, 'json'),
  })
  return laned(text, material)
}

const statementOf = (task: VerifierMaterial['task']): string =>
  [
    cleanLine(task.title, 120),
    task.what,
    ...(task.why === '' ? [] : [`Why: ${task.why}`]),
    ...(task.acceptance.length === 0
      ? []
      : [`It is done when:\n${task.acceptance.map(line => `- ${line}`).join('\n')}`]),
  ].join('\n\n')
