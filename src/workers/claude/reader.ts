/** What Claude Code's stream means: its events, its answer, and why it failed. */
import { type FailureClass, unmeasured } from '../../domain/attempt.ts'
import { cleanLine } from '../../domain/text.ts'
import type { WorkerEvent } from '../../domain/worker-event.ts'
import { conclude, type Failure, type Seen } from '../conclusion.ts'
import { classOfStatus, classOfText, clipOutput, describeInput, parseObject, unknownLine } from '../stream.ts'
import type { AttemptInput, StreamReader } from '../worker.ts'
import {
  type Block,
  Line,
  type Message,
  quietSubtypes,
  quietTypes,
  type Result,
  type System,
  shellExit,
  textOf,
  usageOf,
} from './lines.ts'

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

/** Reads the stream of one attempt. */
export const claudeReader = ({ schema }: Pick<AttemptInput, 'schema' | 'resume'>): StreamReader => {
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

  const onSystem = (system: System): WorkerEvent[] => {
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

  const onMessage = (line: Message): WorkerEvent[] => {
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
