/** What the planner is told, and the schema its answer must have. */
import { readFileSync } from 'node:fs'
import { assetPath } from '../config/assets.ts'
import { answerSchema } from '../domain/json-answer.ts'
import type { Lane, Provider, WorkerName } from '../domain/lane.ts'
import { type Laned, laned } from '../domain/laned.ts'
import { type AnsweredQuestion, maxQuestions, PlannerAnswer } from '../domain/plan.ts'
import { clipTogether, fenced, fillTemplate } from '../domain/template.ts'
import { cleanLine } from '../domain/text.ts'

export interface PlannerMaterial {
  goal: string
  lane: Lane
  workers: readonly { name: WorkerName; vendor: Provider }[]
  /** Names of the configured checks. */
  checks: readonly string[]
  /** The repository's instruction files at the base. */
  instructions: readonly { path: string; text: string }[]
  /** Paths at the base; only the first 2,000 are shown. */
  tree: readonly string[]
  /** What the planner asked before, and the operator's answers; oldest first. */
  answered?: readonly AnsweredQuestion[]
  /** Why the last answer could not be used. */
  problem?: string
}

/** JSON schema of a planner's answer, for the back ends' structured output. */
export const planJsonSchema: Record<string, unknown> = answerSchema(PlannerAnswer)

const maxTreePaths = 2_000
const maxPromptBytes = 512 * 1024

/** The whole prompt, at most 512 KiB; goal, instructions and tree are clipped with a note when they are larger. */
export const plannerPrompt = (material: PlannerMaterial): Laned => {
  const template = readFileSync(assetPath('profiles/prompts/planner.md'), 'utf8')
  const schema = JSON.stringify(planJsonSchema)
  const answered = material.answered ?? []
  const parts = clipTogether(
    {
      goal: material.goal,
      instructions: material.instructions.map(file => `== ${cleanLine(file.path)} ==\n${file.text}`).join('\n\n'),
      tree: treeText(material.tree),
      answers: answersText(answered),
    },
    maxPromptBytes - Buffer.byteLength(template) - Buffer.byteLength(schema) - 16 * 1024,
  )
  const text = fillTemplate(template, {
    goal: fenced(parts.goal),
    lane: material.lane,
    workers: material.workers.map(worker => `- ${worker.name} (${worker.vendor})`).join('\n'),
    checks:
      material.checks.length === 0 ? '- none' : material.checks.map(name => `- ${cleanLine(name, 60)}`).join('\n'),
    tree: fenced(parts.tree),
    instructions: parts.instructions === '' ? 'The repository has none.' : fenced(parts.instructions),
    answers: parts.answers === '' ? '' : answersSection(parts.answers),
    asking: askingText(maxQuestions - answered.length),
    problem: problemSection(material.problem),
    schema: fenced(schema, 'json'),
  })
  return laned(text, material)
}

const treeText = (tree: readonly string[]): string => {
  const shown = tree.slice(0, maxTreePaths).map(path => cleanLine(path, 300))
  const more = tree.length - shown.length
  return [...shown, ...(more > 0 ? [`… and ${more} more`] : [])].join('\n')
}

const answersText = (answered: readonly AnsweredQuestion[]): string =>
  answered.map(({ question, answer }) => `You asked: ${question}\nThe operator answered: ${answer}`).join('\n\n')

const answersSection = (answers: string): string =>
  `## What you asked, and the operator's answers\n\n${fenced(answers)}\n`

const askingText = (left: number): string =>
  left <= 0
    ? 'You have asked as often as you may: plan with what you know, and leave `question` null.'
    : `When the goal can be meant in ways that lead to different work, and neither the repository nor the goal says which, ask instead of guessing: put one question into \`question\`, in words the operator can answer without looking anything up, and leave \`tasks\` null. Asking costs the operator's time: do it only where a wrong guess would cost more. Questions left: ${left}.`

const problemSection = (problem: string | undefined): string =>
  problem === undefined
    ? ''
    : `## Your last answer could not be used\n\n${fenced(problem)}\n\nAnswer again with the whole plan, corrected.\n`
