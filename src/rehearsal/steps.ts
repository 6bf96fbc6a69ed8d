/** The vocabulary of a scenario: one key a step. */
import { z } from 'zod'
import { PlanProposal } from '../domain/plan.ts'
import { ResearchAnswer } from '../domain/research.ts'
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
/** A call by name, with an argument of that size beside the others: what a model that writes a whole file at once sends. */
const OversizedStep = z.strictObject({
  tool: z.string().min(1),
  argument: z.string().min(1),
  sizeBytes: z.int().positive().max(16_000_000),
  input: z.record(z.string(), z.unknown()).default({}),
})
/** The servers whose words for a question that is too long are known. */
export const ServerKind = z.enum(['ollama', 'llamacpp', 'vllm'])
export type ServerKind = z.infer<typeof ServerKind>
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
  /** A researcher's answer: claims and what they cite. */
  research: ResearchAnswer,
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
  /** Several calls in one answer. */
  calls: z.array(CallStep).min(2).max(10),
  oversized: OversizedStep,
  /** A call whose arguments are this text, JSON or not. */
  mangled: z.strictObject({ tool: z.string().min(1), text: Text }),
  // What goes wrong on the wire.
  status: StatusStep,
  drop: z.preprocess(value => (value === true ? {} : value), AfterBytes),
  hang: z.preprocess(value => (value === true ? {} : value), AfterBytes),
  garbage: Switch,
  /** What was asked is too long for the model, in the words of that server. */
  overflow: ServerKind,
  /** The server has not got the model (Ollama's 404), or is still loading it (503). */
  missing: Switch,
  loading: Switch,
  /** Words without end, none twice, whatever bound was asked for. */
  endless: Switch,
}

const stepWords = Object.keys(words)
/** Words for what goes wrong instead of an answer. */
const faultWords = ['status', 'drop', 'hang', 'garbage', 'overflow', 'missing', 'loading', 'endless']
const turnless = ['say', 'think']

const ways = {
  /** The launch it belongs to; another one skips it. */
  onLaunch: z.int().positive(),
  /** A fault that passes: it is met so often at this place, then the step after it is there. */
  times: z.int().positive().max(100),
  /** How fast the answer comes; left out, at once. */
  pace: z.strictObject({ tokensPerS: z.number().positive().max(10_000) }),
}

/** One step: exactly one word, and optionally in which way. */
export const Step = z
  .strictObject({ ...words, ...ways })
  .partial()
  .superRefine((step, context) => {
    const issue = (message: string): void => context.addIssue({ code: 'custom', message })
    const used = Object.keys(step).filter(key => !Object.hasOwn(ways, key))
    if (used.length !== 1) {
      const got = used.length === 0 ? 'none' : used.join(' and ')
      return issue(`a step has exactly one of ${stepWords.join(', ')}; here is ${got}`)
    }
    const [word = ''] = used
    if (step.times !== undefined && !faultWords.includes(word))
      issue(`times is for what goes wrong (${faultWords.join(', ')}); here is ${word}`)
    if (step.pace !== undefined && [...faultWords, ...turnless].includes(word))
      issue(`pace is for a whole answer; here is ${word}`)
  })
export type Step = z.infer<typeof Step>
