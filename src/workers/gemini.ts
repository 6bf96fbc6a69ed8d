/** Gemini CLI (measured with 0.61.0): its command line and settings file, and what its stream-json output means. */
import { join } from 'node:path'
import { z } from 'zod'
import { type FailureClass, type ProcessEnd, type Usage, unmeasured } from '../domain/attempt.ts'
import { cleanLine } from '../domain/text.ts'
import type { WorkerEvent } from '../domain/worker-event.ts'
import { conclude, type Failure, type Seen } from './conclusion.ts'
import { baseEnvironment, modelOf } from './environment.ts'
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

const settings = {
  security: { auth: { selectedType: 'gemini-api-key' } },
  privacy: { usageStatisticsEnabled: false },
  telemetry: { enabled: false },
  general: { enableAutoUpdate: false, enableAutoUpdateNotification: false, maxAttempts: 2 },
  model: { disableLoopDetection: true },
  hooksConfig: { enabled: false },
  tools: { exclude: ['google_web_search', 'web_fetch'] },
  // A name no repository has: instructions reach every agent the same way, through the prompt.
  context: { fileName: ['.agentlab-reads-no-context-file'] },
}

const prepare = (input: AttemptInput): PreparedAttempt => {
  const { seat, installation, gateway, resume } = input
  const model = modelOf(input, gemini.defaultModel)
  return {
    files: [
      { path: join(seat.agent, '.gemini', 'settings.json'), content: JSON.stringify(settings) },
      // It looks for a .env from the workspace upwards and takes the first: this one ends the search inside the seat.
      { path: join(seat.root, '.env'), content: '' },
    ],
    file: installation.file,
    args: [
      ...installation.prefixArgs,
      ...['--output-format', 'stream-json', '--approval-mode', 'yolo', '--allowed-mcp-server-names', 'none'],
      // With a named model it makes no side requests.
      ...(model === null ? [] : ['--model', model]),
      ...(resume === null ? ['--session-id', input.sessionId] : ['--resume', resume]),
    ],
    env: {
      ...baseEnvironment(input),
      GEMINI_CLI_HOME: seat.agent,
      // Otherwise a parent process stays that swallows signals.
      GEMINI_CLI_NO_RELAUNCH: 'true',
      GEMINI_CLI_TRUST_WORKSPACE: 'true',
      GOOGLE_GEMINI_BASE_URL: `${gateway.origin}/${input.provider}`,
      GEMINI_API_KEY: gateway.token,
    },
    stdin: input.prompt,
    stopSignal: 'SIGTERM',
  }
}

const Stats = z.object({
  total_tokens: z.number(),
  input_tokens: z.number(),
  output_tokens: z.number(),
  cached: z.number().default(0),
})
const Line = z.discriminatedUnion('type', [
  z.object({ type: z.literal('init'), session_id: z.string(), model: z.string().optional() }),
  z.object({ type: z.literal('message'), role: z.string(), content: z.string() }),
  z.object({
    type: z.literal('tool_use'),
    tool_id: z.string(),
    tool_name: z.string(),
    parameters: z.unknown().optional(),
  }),
  z.object({
    type: z.literal('tool_result'),
    tool_id: z.string(),
    status: z.string(),
    output: z.string().nullish(),
    error: z.object({ message: z.string() }).nullish(),
  }),
  z.object({ type: z.literal('error'), severity: z.string().optional(), message: z.string() }),
  z.object({
    type: z.literal('result'),
    status: z.string(),
    error: z.object({ type: z.string().optional(), message: z.string() }).nullish(),
    stats: Stats.nullish(),
  }),
])
type Line = z.infer<typeof Line>

/** On an API error it exits with the HTTP status modulo 256. */
const statusOfExit = new Map(
  [400, 401, 403, 408, 409, 413, 422, 429, 500, 502, 503, 504, 529].map(status => [status % 256, status]),
)
const ofMessage: [RegExp, FailureClass][] = [
  [/FatalTurnLimitedError|max session turns|loop detected/i, 'outOfTurns'],
  [/FatalAuthenticationError|api key not valid|api key expired/i, 'auth'],
  [/retry after|quota|RESOURCE_EXHAUSTED|rate.?limit/i, 'rateLimit'],
  [/overloaded|UNAVAILABLE/i, 'overloaded'],
  [/incomplete json|unexpected token|not valid json|empty response|invalid (?:chunk|content)/i, 'malformed'],
  [/fetch failed|terminated|econn|socket|network/i, 'network'],
]
const ofExit: Record<number, FailureClass> = { 41: 'auth', 42: 'sessionLost', 53: 'outOfTurns' }

const ofStderrText: [RegExp, FailureClass][] = [
  [/error resuming session|session .*(?:not found|already exists)/i, 'sessionLost'],
]
const ofStderr = (stderr: string, end: ProcessEnd): FailureClass | null =>
  ofExit[end.exitCode ?? -1] ?? classOfText(stderr, ofStderrText)

const failureOf = (message: string, end: ProcessEnd, stderr: string): Failure => {
  const stated = /"code": ?(\d{3})/.exec(message)?.[1]
  const status = stated === undefined ? statusOfExit.get(end.exitCode ?? -1) : Number(stated)
  const isUnknownModel = /ModelNotFoundError/.test(stderr)
  const ofText = classOfText(message, ofMessage) ?? (isUnknownModel ? 'auth' : 'crashed')
  const failureClass = status === undefined ? ofText : classOfStatus(status)
  const asked = failureClass === 'rateLimit' ? delayOf(message) : null
  return {
    class: failureClass,
    detail: cleanLine(message, 500),
    retryAt: asked === null ? null : end.endedAt + asked,
  }
}

const messageOf = (error: { type?: string; message: string } | null | undefined): string => {
  if (!error) return 'it reported an error and did not say which'
  return error.type === undefined || error.type === 'unknown' ? error.message : `${error.type}: ${error.message}`
}

/** Its output_tokens leave thoughts out; they are only in the total. All zeros means it did not count. */
const usageOf = (stats: z.infer<typeof Stats> | null | undefined): Usage => {
  if (!stats || stats.total_tokens <= 0) return unmeasured
  return {
    input: tokens(stats.input_tokens),
    cached: tokens(stats.cached),
    output: tokens(Math.max(stats.output_tokens, stats.total_tokens - stats.input_tokens)),
  }
}

const reader = ({ schema }: Pick<AttemptInput, 'schema' | 'resume'>): StreamReader => {
  const open = new Map<string, string>()
  const seen: Seen = { sessionId: null, usage: unmeasured, answer: null, failure: null, waitingFor: null }
  let answer = ''
  let errorMessage: string | null = null

  const onResult = (line: Extract<Line, { type: 'result' }>): WorkerEvent[] => {
    open.clear()
    seen.usage = usageOf(line.stats)
    if (line.status !== 'success') errorMessage = messageOf(line.error)
    else if (errorMessage === null && seen.usage.input === null) errorMessage = 'empty response: it used no tokens'
    if (errorMessage === null) seen.answer = { text: answer }
    return [{ type: 'usage', usage: seen.usage }]
  }

  const onLine = (line: Line): WorkerEvent[] => {
    switch (line.type) {
      case 'init':
        seen.sessionId = line.session_id
        return [{ type: 'session', sessionId: line.session_id, model: line.model ?? null }]
      case 'message':
        if (line.role !== 'assistant' || line.content === '') return []
        answer += line.content
        return [{ type: 'text', text: line.content }]
      case 'tool_use':
        answer = ''
        open.set(line.tool_id, line.tool_name)
        return [{ type: 'tool.started', id: line.tool_id, tool: line.tool_name, input: describeInput(line.parameters) }]
      case 'tool_result': {
        const isShell = open.get(line.tool_id) === 'run_shell_command'
        open.delete(line.tool_id)
        // A command that exits 3 is called a success, so only an error tells anything about a shell.
        const ok = line.status === 'error' ? false : isShell ? null : true
        const output = clipOutput(line.output ?? line.error?.message ?? '')
        return [{ type: 'tool.finished', id: line.tool_id, ok, exitCode: null, output }]
      }
      case 'error':
        if (/loop detected/i.test(line.message)) errorMessage = line.message
        return [{ type: 'notice', text: cleanLine(line.message, 500) }]
      case 'result':
        return onResult(line)
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
      if (errorMessage !== null) seen.failure = failureOf(errorMessage, end, stderrTail)
      return conclude(seen, end, stderrTail, { wantsJson: schema !== null, ofStderr })
    },
  }
}

export const gemini: Worker = {
  name: 'gemini',
  program: 'gemini',
  maxPromptBytes: 2 * 1024 * 1024,
  defaultModel: 'gemini-2.5-pro',
  prepare,
  reader,
}
