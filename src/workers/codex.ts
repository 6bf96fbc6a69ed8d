/** Codex (measured with 0.169.0): its command line and config file, and what its `exec --json` output means. */
import { join } from 'node:path'
import { z } from 'zod'
import { type FailureClass, type Usage, unmeasured } from '../domain/attempt.ts'
import { cleanLine } from '../domain/text.ts'
import type { WorkerEvent } from '../domain/worker-event.ts'
import { conclude, type Failure, type Seen } from './conclusion.ts'
import { baseEnvironment, modelOf, ownServerPatienceMs } from './environment.ts'
import {
  classOfStatus,
  classOfText,
  clipOutput,
  delayOf,
  describeInput,
  parseObject,
  tokens,
  unknownLine,
} from './stream.ts'
import type { AttemptInput, PreparedAttempt, StreamReader, Worker } from './worker.ts'

const tokenVariable = 'AGENTLAB_TOKEN'

/** JSON's escapes are TOML's too, DEL aside. */
const tomlString = (text: string): string => JSON.stringify(text).replaceAll('\u007f', '\\u007f')

/**
 * For a server of the operator's: nothing but plain function tools, for a kind it does not know makes it refuse the whole
 * request; and room as it is known. `--oss` would do none of this, and fetches models.
 */
const ownServerLines = ({ provider, server }: AttemptInput): string => {
  if (provider !== 'local') return ''
  const tokens = server?.contextTokens ?? null
  return `agents.enabled = false
features.goals = false
${tokens === null ? '' : `model_context_window = ${tokens}\n`}`
}

const config = (
  input: AttemptInput,
  model: string | null,
): string => `${model === null ? '' : `model = ${tomlString(model)}\n`}\
${ownServerLines(input)}\
model_provider = "agentlab"
approval_policy = "never"
check_for_update_on_startup = false
project_doc_max_bytes = 0
analytics.enabled = false
features.plugins = false
web_search = "disabled"

[model_providers.agentlab]
name = "agentlab"
base_url = ${tomlString(`${input.gateway.origin}/${input.provider}/v1`)}
env_key = "${tokenVariable}"
wire_api = "responses"
request_max_retries = 2
stream_max_retries = 0
stream_idle_timeout_ms = ${input.provider === 'local' ? ownServerPatienceMs : 300_000}

[shell_environment_policy]
exclude = ["${tokenVariable}"]
`

const prepare = (input: AttemptInput): PreparedAttempt => {
  const { seat, installation, gateway, schema, resume } = input
  const schemaPath = join(seat.out, 'answer-schema.json')
  const configuration = config(input, modelOf(input, codex.defaultModel))
  return {
    files: [
      { path: join(seat.agent, 'config.toml'), content: configuration },
      ...(schema === null ? [] : [{ path: schemaPath, content: JSON.stringify(schema) }]),
    ],
    file: installation.file,
    args: [
      ...installation.prefixArgs,
      'exec',
      ...(resume === null ? [] : ['resume']),
      ...['--json', '--dangerously-bypass-approvals-and-sandbox', '--skip-git-repo-check', '--ignore-rules'],
      ...(schema === null ? [] : ['--output-schema', schemaPath]),
      ...(resume === null ? [] : [resume]),
      '-',
    ],
    env: { ...baseEnvironment(input), CODEX_HOME: seat.agent, [tokenVariable]: gateway.token },
    stdin: input.prompt,
    stopSignal: 'SIGINT',
  }
}

const Item = z.object({
  id: z.string(),
  type: z.string(),
  text: z.string().optional(),
  message: z.string().optional(),
  command: z.string().optional(),
  aggregated_output: z.string().optional(),
  exit_code: z.number().int().nullish(),
  status: z.string().optional(),
  changes: z.array(z.object({ path: z.string(), kind: z.string() })).optional(),
  server: z.string().optional(),
  tool: z.string().optional(),
  arguments: z.unknown().optional(),
  result: z.unknown().optional(),
  error: z.unknown().optional(),
  query: z.string().optional(),
})
type Item = z.infer<typeof Item>

const Line = z.discriminatedUnion('type', [
  z.object({ type: z.literal('thread.started'), thread_id: z.string() }),
  z.object({ type: z.literal('turn.started') }),
  z.object({ type: z.enum(['item.started', 'item.updated', 'item.completed']), item: Item }),
  z.object({ type: z.literal('error'), message: z.string() }),
  z.object({
    type: z.literal('turn.completed'),
    usage: z
      .object({ input_tokens: z.number(), cached_input_tokens: z.number().default(0), output_tokens: z.number() })
      .nullish(),
  }),
  z.object({ type: z.literal('turn.failed'), error: z.object({ message: z.string() }) }),
])
type Line = z.infer<typeof Line>

const ofMessage: [RegExp, FailureClass][] = [
  [/missing environment variable|not logged in|refresh token/i, 'auth'],
  [/max_output_tokens/i, 'outOfTurns'],
  [/content_filter|invalid_prompt|flagged/i, 'refused'],
  [/usage limit|rate.?limit|quota/i, 'rateLimit'],
  [/high demand|at capacity|overloaded/i, 'overloaded'],
  [/idle timeout/i, 'stalled'],
  [/stream closed before|context window|maximum length/i, 'malformed'],
  [/stream disconnected|connection failed|error sending request|transport error|waiting for network/i, 'network'],
  // What a 400 leaves: the provider's error body and nothing else.
  [/^\{"error":/, 'malformed'],
]
const ofStderr: [RegExp, FailureClass][] = [
  [/no rollout found/i, 'sessionLost'],
  [/exceeds the maximum length/i, 'malformed'],
]

const statusIn = (message: string): number | null => {
  const found = /(?:unexpected status|last status:) (\d{3})/.exec(message)?.[1]
  return found === undefined ? null : Number(found)
}

const failureOf = (message: string): Failure => {
  const status = statusIn(message)
  const failureClass = status === null ? (classOfText(message, ofMessage) ?? 'crashed') : classOfStatus(status)
  return { class: failureClass, detail: cleanLine(message, 500), retryAt: null }
}

/** The command a shell item ran, without the `bash -lc` around it. */
const bareCommand = (command: string): string => {
  const wrapped = /^\S*sh -l?c (?:'([\s\S]*)'|"([\s\S]*)"|(\S+))$/.exec(command)
  if (wrapped === null) return command
  const [, single, double, bare = command] = wrapped
  if (single !== undefined) return single.replaceAll(`'\\''`, "'").replaceAll(`'"'"'`, "'")
  return double === undefined ? bare : double.replace(/\\(["\\$`])/g, '$1')
}

const toolOf = (item: Item): { tool: string; input: string } | null => {
  switch (item.type) {
    case 'command_execution':
      return { tool: 'shell', input: describeInput(bareCommand(item.command ?? '')) }
    case 'file_change':
      return {
        tool: 'file_change',
        input: describeInput((item.changes ?? []).map(change => `${change.kind} ${change.path}`).join(', ')),
      }
    case 'mcp_tool_call':
      return { tool: `${item.server ?? ''}.${item.tool ?? ''}`, input: describeInput(item.arguments) }
    case 'web_search':
      return { tool: 'web_search', input: describeInput(item.query ?? '') }
    default:
      return null
  }
}

const outputOf = (item: Item): string => {
  if (item.aggregated_output !== undefined) return clipOutput(item.aggregated_output)
  const said = item.error ?? item.result
  return said === null || said === undefined ? '' : clipOutput(JSON.stringify(said))
}

const reader = ({ schema, resume }: Pick<AttemptInput, 'schema' | 'resume'>): StreamReader => {
  const open = new Set<string>()
  const seen: Seen = { sessionId: null, usage: unmeasured, answer: null, failure: null, waitingFor: null }
  let lastMessage = ''

  const onItem = (kind: 'item.started' | 'item.updated' | 'item.completed', item: Item): WorkerEvent[] => {
    seen.waitingFor = null
    const tool = toolOf(item)
    if (tool !== null) {
      const isNew = !open.has(item.id)
      const started: WorkerEvent[] = isNew ? [{ type: 'tool.started', id: item.id, ...tool }] : []
      if (kind !== 'item.completed') {
        open.add(item.id)
        return started
      }
      open.delete(item.id)
      const exitCode = item.exit_code ?? null
      const ok = item.status === undefined ? null : item.status === 'completed' && (exitCode ?? 0) === 0
      return [...started, { type: 'tool.finished', id: item.id, ok, exitCode, output: outputOf(item) }]
    }
    if (kind !== 'item.completed') return []
    if (item.type === 'agent_message') {
      lastMessage = item.text ?? ''
      return [{ type: 'text', text: lastMessage }]
    }
    if (item.type === 'reasoning') return [{ type: 'thinking', text: item.text ?? '' }]
    return [{ type: 'notice', text: cleanLine(item.message ?? item.text ?? item.type, 500) }]
  }

  const onError = (message: string): WorkerEvent[] => {
    const retrying = /^Reconnecting\.\.\. /.test(message)
    if (!retrying) return [{ type: 'notice', text: cleanLine(message, 500) }]
    seen.waitingFor = failureOf(message)
    return [{ type: 'retry', status: statusIn(message), detail: cleanLine(message, 500), retryInMs: delayOf(message) }]
  }

  const onCompleted = (used: { input_tokens: number; cached_input_tokens: number; output_tokens: number }): Usage => ({
    input: tokens(used.input_tokens),
    cached: tokens(used.cached_input_tokens),
    output: tokens(used.output_tokens),
  })

  const onLine = (line: Line): WorkerEvent[] => {
    switch (line.type) {
      case 'thread.started':
        seen.sessionId = line.thread_id
        return [{ type: 'session', sessionId: line.thread_id, model: null }]
      case 'turn.started':
        return []
      case 'item.started':
      case 'item.updated':
      case 'item.completed':
        return onItem(line.type, line.item)
      case 'error':
        return onError(line.message)
      case 'turn.completed':
        open.clear()
        // Its totals run over the whole thread, so what a resumed turn used can't be told from them.
        seen.usage = resume !== null || !line.usage ? unmeasured : onCompleted(line.usage)
        seen.answer = { text: lastMessage }
        return [{ type: 'usage', usage: seen.usage }]
      case 'turn.failed':
        open.clear()
        seen.answer = null
        seen.failure = failureOf(line.error.message)
        return []
    }
  }

  return {
    read: text => {
      try {
        const line = Line.safeParse(parseObject(text))
        return line.success ? onLine(line.data) : [unknownLine(text)]
      } catch {
        return [unknownLine(text)]
      }
    },
    hasOpenTool: () => open.size > 0,
    conclude: (end, stderrTail) => {
      const asked = seen.failure === null ? null : delayOf(seen.failure.detail)
      if (seen.failure !== null && asked !== null) seen.failure.retryAt = end.endedAt + asked
      return conclude(seen, end, stderrTail, {
        wantsJson: schema !== null,
        ofStderr: stderr => classOfText(stderr, ofStderr),
      })
    },
  }
}

export const codex: Worker = {
  name: 'codex',
  program: 'codex',
  // It refuses more than 1,048,576 characters.
  maxPromptBytes: 1_000_000,
  defaultModel: 'gpt-5.5',
  prepare,
  reader,
}
