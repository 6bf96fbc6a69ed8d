/** The vocabulary of a scenario: one key a step. */
import { z } from 'zod'
import { PlanProposal } from '../domain/plan.ts'
import { Finding } from '../domain/verdict.ts'

const Text = z.string().min(1).max(1_000_000)
const RelativePath = z
  .string()
  .min(1)
  .max(500)
  .refine(path => !path.startsWith('/') && !path.split('/').includes('..'), 'must be a path inside the repository')

/** A verdict; what it leaves out is filled in from what really happened in the conversation. */
export const ScriptedVerdict = z.strictObject({
  verdict: z.enum(['pass', 'fail']),
  summary: z.string().default(''),
  /** Default: the paths of the round's `read` steps. */
  examined: z.array(z.strictObject({ path: z.string(), what: z.string() })).optional(),
  /** Default: the round's `run` steps, with the exit codes the CLI reported. */
  ran: z.array(z.strictObject({ command: z.string(), exitCode: z.int() })).optional(),
  findings: z.array(Finding).default([]),
  /** Default: the commit the prompt names. Another one is a way to lie. */
  commit: z.string().optional(),
})
export type ScriptedVerdict = z.infer<typeof ScriptedVerdict>

/** `verdict: pass` is short for `verdict: { verdict: pass }`. */
export const VerdictOrShort = z.preprocess(
  value => (value === 'pass' || value === 'fail' ? { verdict: value } : value),
  ScriptedVerdict,
)

const RunStep = z.strictObject({ command: Text, timeoutS: z.number().positive().max(7200).optional() })
const WriteStep = z.strictObject({ path: RelativePath, content: z.string().max(1_000_000) })
const CallStep = z.strictObject({ tool: z.string().min(1), input: z.record(z.string(), z.unknown()).default({}) })
const StatusStep = z.strictObject({
  code: z.int().min(400).max(599),
  retryAfterS: z.number().nonnegative().optional(),
  message: z.string().optional(),
})
const AfterBytes = z.strictObject({ afterBytes: z.int().nonnegative().optional() })
const Switch = z.literal(true, 'must be true')

const words = {
  // What the model says.
  say: Text,
  think: Text,
  answer: z.union([Text, z.record(z.string(), z.unknown())]),
  claim: Text,
  flood: z.strictObject({ sizeBytes: z.int().positive().max(16_000_000) }),
  plan: PlanProposal,
  question: z.string().min(1).max(2_000),
  verdict: VerdictOrShort,
  refusal: Text,
  outOfTokens: Text,
  /** The same words again and again. */
  repeat: z.strictObject({ text: Text, times: z.int().positive().max(10_000) }),
  /** An answer without a word. */
  empty: Switch,
  // What it does, through the CLI's own tools.
  write: WriteStep,
  read: RelativePath,
  run: z.preprocess(value => (typeof value === 'string' ? { command: value } : value), RunStep),
  commit: Text,
  call: CallStep,
  /** A call whose arguments are this text, JSON or not. */
  mangled: z.strictObject({ tool: z.string().min(1), text: Text }),
  // What goes wrong on the wire.
  status: StatusStep,
  drop: z.preprocess(value => (value === true ? {} : value), AfterBytes),
  hang: z.preprocess(value => (value === true ? {} : value), AfterBytes),
  garbage: Switch,
}

const stepWords = Object.keys(words)

/** One step: exactly one word, and optionally the launch it belongs to (another launch skips it). */
export const Step = z
  .strictObject({ ...words, onLaunch: z.int().positive() })
  .partial()
  .superRefine((step, context) => {
    const used = Object.keys(step).filter(key => key !== 'onLaunch')
    if (used.length === 1) return
    const got = used.length === 0 ? 'none' : used.join(' and ')
    context.addIssue({ code: 'custom', message: `a step has exactly one of ${stepWords.join(', ')}; here is ${got}` })
  })
export type Step = z.infer<typeof Step>
