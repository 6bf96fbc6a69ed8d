/** Turns a list of steps into the assistant's turns: what is said before, and the one thing each turn does. */
import { withNulls } from '../domain/json-answer.ts'
import { PlannerAnswer } from '../domain/plan.ts'
import { ResearchAnswer } from '../domain/research.ts'
import type { ToolCall } from './conversation.ts'
import type { Identity } from './identity.ts'
import type { ScriptedVerdict, ServerKind, Step } from './steps.ts'

export type Action =
  | { kind: 'write'; path: string; content: string }
  | { kind: 'read'; path: string }
  | { kind: 'run'; command: string; timeoutS: number | null }
  | { kind: 'calls'; calls: ToolCall[] }
  // These end the CLI's turn.
  | { kind: 'text'; text: string }
  | { kind: 'structured'; value: unknown }
  | { kind: 'verdict'; verdict: ScriptedVerdict }
  | { kind: 'refusal'; text: string }
  | { kind: 'outOfTokens'; text: string }
  | Fault

/** What goes wrong instead of an answer. */
export type Fault =
  | { kind: 'status'; code: number; retryAfterS: number | null; message: string | null }
  | { kind: 'drop'; afterBytes: number | null }
  | { kind: 'hang'; afterBytes: number | null }
  | { kind: 'overflow'; server: ServerKind }
  | { kind: 'garbage' | 'missing' | 'loading' | 'endless' }

export interface Turn {
  /** Faults that are met first, each so many times at this place. */
  before: { fault: Fault; times: number }[]
  think: string | null
  /** Said before the action in the same turn; empty for none. */
  say: string
  action: Action
  /** null: the answer comes at once. */
  tokensPerS: number | null
}

/** Names that may stand as `{{name}}` in a step's text. */
export type Variables = Record<'task' | 'attempt' | 'launch' | 'worker' | 'role', string>

export const variablesOf = (identity: Identity, task: string | null): Variables => ({
  task: task ?? 'plan',
  attempt: String(identity.attempt),
  launch: String(identity.launch),
  worker: identity.worker ?? 'agentlab',
  role: identity.role,
})

/** The turns of a script on this launch. The last one always ends the CLI's turn, if only with "Done." */
export const turnsOf = (steps: readonly Step[], launch: number, variables: Variables): Turn[] => {
  const turns: Turn[] = []
  let think: string | null = null
  let say: string[] = []
  let before: Turn['before'] = []
  const add = (action: Action, tokensPerS: number | null = null): void => {
    turns.push({ before, think, say: say.join('\n\n'), action, tokensPerS })
    think = null
    say = []
    before = []
  }
  for (const raw of steps) {
    if (raw.onLaunch !== undefined && raw.onLaunch !== launch) continue
    const step = fill(raw, variables)
    if (step.say !== undefined) say.push(step.say)
    else if (step.think !== undefined) think = think === null ? step.think : `${think}\n${step.think}`
    else {
      const fault = step.times === undefined ? null : faultOf(step)
      if (fault !== null) before.push({ fault, times: step.times! })
      else add(actionOf(step), step.pace?.tokensPerS)
    }
  }
  const last = turns.at(-1)
  if (say.length > 0 || think !== null || before.length > 0 || !last || isCall(last.action)) {
    const text = say.join('\n\n') || 'Done.'
    say = []
    add({ kind: 'text', text })
  }
  return turns
}

/** Whether the CLI will come back with a result after this action. */
export const isCall = ({ kind }: Action): boolean => ['write', 'read', 'run', 'calls'].includes(kind)

const actionOf = (step: Step): Action => {
  if (step.write) return { kind: 'write', ...step.write }
  if (step.read !== undefined) return { kind: 'read', path: step.read }
  if (step.run) return { kind: 'run', command: step.run.command, timeoutS: step.run.timeoutS ?? null }
  if (step.commit !== undefined) return { kind: 'run', command: commitCommand(step.commit), timeoutS: null }
  const calls = callsOf(step)
  if (calls.length > 0) return { kind: 'calls', calls }
  const fault = faultOf(step)
  if (fault !== null) return fault
  if (step.repeat) return { kind: 'text', text: step.repeat.text.repeat(step.repeat.times) }
  if (step.empty) return { kind: 'text', text: '' }
  if (step.plan) return { kind: 'structured', value: withNulls(step.plan, PlannerAnswer) }
  if (step.question !== undefined)
    return { kind: 'structured', value: withNulls({ question: step.question }, PlannerAnswer) }
  if (step.research) return { kind: 'structured', value: withNulls(step.research, ResearchAnswer) }
  if (step.verdict) return { kind: 'verdict', verdict: step.verdict }
  if (typeof step.answer === 'object') return { kind: 'structured', value: step.answer }
  if (step.flood) return { kind: 'text', text: floodText(step.flood.sizeBytes) }
  if (step.refusal !== undefined) return { kind: 'refusal', text: step.refusal }
  if (step.outOfTokens !== undefined) return { kind: 'outOfTokens', text: step.outOfTokens }
  return { kind: 'text', text: step.answer ?? step.claim ?? 'Done.' }
}

/** Calls by name, of tools that may not exist, with whatever arguments. */
const callsOf = ({ call, calls, mangled, oversized }: Step): ToolCall[] => {
  const json = (tool: string, input: ToolCall['input']): ToolCall => ({ name: tool, form: 'json', input })
  if (call) return [json(call.tool, call.input)]
  if (calls) return calls.map(({ tool, input }) => json(tool, input))
  if (mangled) return [json(mangled.tool, mangled.text)]
  if (!oversized) return []
  const { tool, input, argument, sizeBytes } = oversized
  return [json(tool, { ...input, [argument]: floodText(sizeBytes) })]
}

const faultOf = (step: Step): Fault | null => {
  if (step.status) {
    const { code, retryAfterS = null, message = null } = step.status
    return { kind: 'status', code, retryAfterS, message }
  }
  if (step.drop) return { kind: 'drop', afterBytes: step.drop.afterBytes ?? null }
  if (step.hang) return { kind: 'hang', afterBytes: step.hang.afterBytes ?? null }
  if (step.overflow) return { kind: 'overflow', server: step.overflow }
  const [kind] = (['garbage', 'missing', 'loading', 'endless'] as const).filter(word => step[word])
  return kind === undefined ? null : { kind }
}

/** One argument for a POSIX shell. */
export const quoted = (text: string): string => `'${text.replaceAll("'", "'\\''")}'`

const commitCommand = (message: string): string => `git add -A && git commit -q -m ${quoted(message)}`

/** Long text without repetition, which one CLI would take for a loop. */
const floodText = (sizeBytes: number): string => {
  const lines: string[] = []
  for (let size = 0, n = 1; size < sizeBytes; n++) {
    const line = `${n}: ${((n * 2_654_435_761) >>> 0).toString(36)} of ${((n * 40_503) >>> 0).toString(36)}`
    lines.push(line)
    size += line.length + 1
  }
  return lines.join('\n').slice(0, sizeBytes)
}

const fill = <T>(value: T, variables: Variables): T => {
  if (typeof value === 'string') {
    const filled = value.replace(
      /\{\{(task|attempt|launch|worker|role)\}\}/g,
      (_, name) => variables[name as keyof Variables],
    )
    return filled as T
  }
  if (Array.isArray(value)) return value.map(item => fill(item, variables)) as T
  if (value === null || typeof value !== 'object') return value
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, fill(item, variables)])) as T
}
