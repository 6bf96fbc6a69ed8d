/** Claude Code (measured with 2.1.329): its command line, and what its stream-json output means. */
import { join } from 'node:path'
import { z } from 'zod'
import { type FailureClass, type Usage, unmeasured } from '../domain/attempt.ts'
import { cleanLine } from '../domain/text.ts'
import type { WorkerEvent } from '../domain/worker-event.ts'
import { conclude, type Failure, type Seen } from './conclusion.ts'
import { baseEnvironment, modelOf } from './environment.ts'
import { classOfStatus, classOfText, clipOutput, describeInput, parseObject, tokens, unknownLine } from './stream.ts'
import type { AttemptInput, PreparedAttempt, StreamReader, Worker } from './worker.ts'

/** Tools that leave the workspace's branch, outlive the process or wait for a person: the work would be lost. */
const unfitTools = 'EnterWorktree ExitWorktree CronCreate CronDelete CronList ScheduleWakeup SendMessage'
/** The gate refuses a request that asks the provider to search or fetch. */
const webTools = 'WebSearch WebFetch'

const settings = { includeCoAuthoredBy: false, attribution: { commit: '', pr: '' } }

const prepare = (input: AttemptInput): PreparedAttempt => {
  const { seat, installation, gateway } = input
  const model = modelOf(input, claude.defaultModel)
  return {
    files: [{ path: join(seat.agent, 'settings.json'), content: JSON.stringify(settings) }],
    file: installation.file,
    args: [
      ...installation.prefixArgs,
      ...['-p', '--output-format', 'stream-json', '--verbose', '--dangerously-skip-permissions'],
      // Neither the repository's settings, hooks and CLAUDE.md nor its MCP servers.
      ...['--setting-sources', 'user', '--strict-mcp-config'],
      ...['--disallowedTools', `${unfitTools} ${webTools}`.replaceAll(' ', ',')],
      ...(model === null ? [] : ['--model', model]),
      ...(input.schema === null ? [] : ['--json-schema', JSON.stringify(input.schema)]),
      ...(input.resume === null ? ['--session-id', input.sessionId] : ['--resume', input.resume]),
    ],
    env: {
      ...baseEnvironment(input),
      CLAUDE_CONFIG_DIR: seat.agent,
      ANTHROPIC_BASE_URL: gateway.origin + claude.gatewayPath,
      // The kind of login changes what it sends, so the token stands where the operator's login would.
      [gateway.credentialKind === 'key' ? 'ANTHROPIC_API_KEY' : 'CLAUDE_CODE_OAUTH_TOKEN']: gateway.token,
      CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC: '1',
      DISABLE_AUTOUPDATER: '1',
      CLAUDE_CODE_MAX_RETRIES: '2',
      API_TIMEOUT_MS: '600000',
      CLAUDE_CODE_DISABLE_BACKGROUND_TASKS: '1',
      BASH_MAX_TIMEOUT_MS: '1740000',
      // It refuses to run unattended as root unless told that something else contains it; the box does.
      IS_SANDBOX: '1',
    },
    stdin: input.prompt,
    stopSignal: 'SIGINT',
  }
}

const Block = z.object({
  type: z.string(),
  text: z.string().optional(),
  thinking: z.string().optional(),
  id: z.string().optional(),
  name: z.string().optional(),
  input: z.unknown().optional(),
  tool_use_id: z.string().optional(),
  content: z.unknown().optional(),
  is_error: z.boolean().nullish(),
})
type Block = z.infer<typeof Block>

const System = z.object({
  type: z.literal('system'),
  subtype: z.string(),
  session_id: z.string().optional(),
  model: z.string().optional(),
  error_status: z.number().int().nullish(),
  error: z.string().nullish(),
  retry_delay_ms: z.number().nullish(),
})
const Message = z.object({
  type: z.enum(['assistant', 'user']),
  message: z.object({ model: z.string().optional(), content: z.union([z.string(), z.array(Block)]) }),
  error: z.string().nullish(),
  tool_use_result: z.unknown().optional(),
})
const ModelUsage = z.object({
  inputTokens: z.number(),
  outputTokens: z.number(),
  cacheReadInputTokens: z.number().default(0),
  cacheCreationInputTokens: z.number().default(0),
})
const Result = z.object({
  type: z.literal('result'),
  subtype: z.string(),
  is_error: z.boolean(),
  api_error_status: z.number().nullish(),
  result: z.string().nullish(),
  structured_output: z.unknown().optional(),
  stop_reason: z.string().nullish(),
  terminal_reason: z.string().nullish(),
  errors: z.array(z.string()).default([]),
  permission_denials: z.array(z.object({ tool_name: z.string() })).default([]),
  modelUsage: z.record(z.string(), ModelUsage).default({}),
})
type Result = z.infer<typeof Result>
const RateLimit = z.object({
  type: z.literal('rate_limit_event'),
  rate_limit_info: z.object({ status: z.string(), resetsAt: z.number().nullish() }),
})
const Line = z.discriminatedUnion('type', [System, Message, Result, RateLimit])

/** Said while it works; worth nothing to a reader. */
const quietTypes = ['stream_event', 'control_response', 'control_request', 'tool_progress', 'keep_alive']
const quietSubtypes = ['status', 'hook_started', 'hook_progress', 'hook_response', 'thinking_tokens']

const ofResultText: [RegExp, FailureClass][] = [
  [/not logged in|failed to authenticate|invalid api key|oauth token|credit balance/i, 'auth'],
  [/usage limit|hit your limit|rate.?limit/i, 'rateLimit'],
  [/overloaded/i, 'overloaded'],
  [/output token maximum/i, 'outOfTurns'],
  [/malformed response|prompt is too long/i, 'malformed'],
  [/timed out/i, 'stalled'],
  [/unable to connect|connection (?:to the api was lost|error)|econn|socket|fetch failed/i, 'network'],
]
/** `error` of the message the CLI writes itself when a request failed for good. */
const ofErrorWord: Record<string, FailureClass> = {
  authentication_failed: 'auth',
  oauth_org_not_allowed: 'auth',
  billing_error: 'auth',
  model_not_found: 'auth',
  rate_limit: 'rateLimit',
  overloaded: 'overloaded',
  server_error: 'overloaded',
  invalid_request: 'malformed',
  max_output_tokens: 'outOfTurns',
}
const ofStderr: [RegExp, FailureClass][] = [
  [/no conversation found|session id .* is already in use/i, 'sessionLost'],
  [/not logged in|invalid api key/i, 'auth'],
]

const usageOf = (result: Result): Usage => {
  const models = Object.values(result.modelUsage)
  if (models.length === 0) return unmeasured
  const sum = (of: (model: z.infer<typeof ModelUsage>) => number) => tokens(models.reduce((n, m) => n + of(m), 0))
  return {
    input: sum(m => m.inputTokens + m.cacheReadInputTokens + m.cacheCreationInputTokens),
    cached: sum(m => m.cacheReadInputTokens),
    output: sum(m => m.outputTokens),
  }
}

// Made once: a schema takes longer to make than a line takes to be read.
const Blocks = z.array(Block)
const RanCommand = z.object({ stdout: z.string(), interrupted: z.literal(false) }).passthrough()

const textOf = (content: unknown): string => {
  if (typeof content === 'string') return content
  const blocks = Blocks.safeParse(content)
  return blocks.success ? blocks.data.map(block => block.text ?? '').join('\n') : ''
}

const shellExit = (block: Block, raw: unknown): number | null => {
  const stated = /^(?:Error: )?Exit code (\d+)/.exec(textOf(block.content))?.[1]
  if (stated !== undefined) return Number(stated)
  const ran = RanCommand.safeParse(raw)
  // `grep` without a match exits 1, is called a success, and says so in a field of its own.
  const isPlain = ran.success && !ran.data.returnCodeInterpretation && !ran.data.backgroundTaskId
  return block.is_error !== true && isPlain ? 0 : null
}

const reader = ({ schema }: Pick<AttemptInput, 'schema' | 'resume'>): StreamReader => {
  const open = new Set<string>()
  const seen: Seen = { sessionId: null, usage: unmeasured, answer: null, failure: null, waitingFor: null }
  let errorWord: string | null = null
  let resetsAt: number | null = null

  const failureOf = (result: Result): Failure | null => {
    const text = result.result ?? result.errors.join('; ')
    const failed = (failureClass: FailureClass, detail = text): Failure => ({
      class: failureClass,
      detail: cleanLine(detail || `${result.subtype} ${result.terminal_reason ?? ''}`, 500),
      retryAt: failureClass === 'rateLimit' ? resetsAt : null,
    })
    if (/no conversation found/i.test(text)) return failed('sessionLost')
    if (result.subtype === 'error_max_structured_output_retries') return failed('malformed')
    if (result.subtype.startsWith('error_max_')) return failed('outOfTurns')
    if (result.terminal_reason?.startsWith('aborted')) return failed('interrupted')
    if (result.stop_reason === 'refusal') return failed('refused')
    if (result.is_error || result.subtype !== 'success') {
      if (typeof result.api_error_status === 'number') return failed(classOfStatus(result.api_error_status))
      const word = errorWord === null ? undefined : ofErrorWord[errorWord]
      return failed(classOfText(text, ofResultText) ?? word ?? 'crashed')
    }
    if (result.permission_denials.length === 0) return null
    return failed('denied', `denied: ${result.permission_denials.map(denial => denial.tool_name).join(', ')}`)
  }

  const onResult = (result: Result): WorkerEvent[] => {
    open.clear()
    seen.usage = usageOf(result)
    seen.failure = failureOf(result)
    seen.answer =
      seen.failure === null ? { text: result.result ?? '', structured: result.structured_output ?? undefined } : null
    return [{ type: 'usage', usage: seen.usage }]
  }

  const onSystem = (system: z.infer<typeof System>): WorkerEvent[] => {
    if (system.subtype === 'init' && system.session_id !== undefined) {
      const isNew = seen.sessionId !== system.session_id
      seen.sessionId = system.session_id
      return isNew ? [{ type: 'session', sessionId: system.session_id, model: system.model ?? null }] : []
    }
    if (system.subtype === 'api_retry') {
      const status = system.error_status ?? null
      const detail = cleanLine(system.error ?? 'unknown')
      seen.waitingFor = { class: status === null ? 'network' : classOfStatus(status), detail, retryAt: null }
      return [{ type: 'retry', status, detail, retryInMs: system.retry_delay_ms ?? null }]
    }
    return quietSubtypes.includes(system.subtype) ? [] : [{ type: 'notice', text: cleanLine(system.subtype) }]
  }

  const onBlock = (block: Block, raw: unknown): WorkerEvent[] => {
    if (block.type === 'thinking' && block.thinking) return [{ type: 'thinking', text: block.thinking }]
    if (block.type === 'text' && block.text) return [{ type: 'text', text: block.text }]
    if (block.type === 'tool_use' && block.id !== undefined) {
      open.add(block.id)
      return [{ type: 'tool.started', id: block.id, tool: block.name ?? '', input: describeInput(block.input) }]
    }
    if (block.type === 'tool_result' && block.tool_use_id !== undefined) {
      open.delete(block.tool_use_id)
      return [
        {
          type: 'tool.finished',
          id: block.tool_use_id,
          ok: block.is_error !== true,
          exitCode: shellExit(block, raw),
          output: clipOutput(textOf(block.content)),
        },
      ]
    }
    return []
  }

  const onMessage = (line: z.infer<typeof Message>): WorkerEvent[] => {
    if (line.error) errorWord = line.error
    else seen.waitingFor = null
    const { content, model } = line.message
    const blocks = typeof content === 'string' ? [{ type: 'text', text: content } as Block] : content
    const events = blocks.flatMap(block => onBlock(block, line.tool_use_result))
    // What the CLI puts in the user's or the model's mouth is talk of its own.
    const isOwnTalk = line.type === 'user' || model === '<synthetic>'
    return events.map(event =>
      isOwnTalk && event.type === 'text' ? { type: 'notice', text: cleanLine(event.text, 500) } : event,
    )
  }

  const interpret = (text: string): WorkerEvent[] => {
    const object = parseObject(text)
    if (object !== null && quietTypes.includes(String(object.type))) return []
    const line = Line.safeParse(object)
    if (!line.success) return [unknownLine(text)]
    switch (line.data.type) {
      case 'system':
        return onSystem(line.data)
      case 'assistant':
      case 'user':
        return onMessage(line.data)
      case 'result':
        return onResult(line.data)
      case 'rate_limit_event': {
        const info = line.data.rate_limit_info
        if (info.status === 'rejected' && info.resetsAt) resetsAt = info.resetsAt * 1_000
        return [{ type: 'notice', text: cleanLine(`rate limit: ${info.status}`) }]
      }
    }
  }

  return {
    read: line => {
      try {
        return interpret(line)
      } catch {
        return [unknownLine(line)]
      }
    },
    hasOpenTool: () => open.size > 0,
    conclude: (end, stderrTail) =>
      conclude(seen, end, stderrTail, {
        wantsJson: schema !== null,
        ofStderr: stderr => classOfText(stderr, ofStderr),
      }),
  }
}

export const claude: Worker = {
  name: 'claude',
  vendor: 'anthropic',
  gatewayPath: '/anthropic',
  program: 'claude',
  maxPromptBytes: 2 * 1024 * 1024,
  defaultModel: null,
  prepare,
  reader,
}
