/** AgentLab's own agent for local models: how its program (src/workers/local/main.ts) is started, and what it prints. */
import { join } from 'node:path'
import { unmeasured } from '../domain/attempt.ts'
import { WorkerEvent } from '../domain/worker-event.ts'
import { conclude, type Failure, type Seen } from './conclusion.ts'
import { baseEnvironment, modelOf } from './environment.ts'
import { Closing, classOf, Waiting } from './local/closing.ts'
import { type LocalSettings, tokenVariable } from './local/settings.ts'
import { classOfStatus, parseObject, unknownLine } from './stream.ts'
import type { AttemptInput, PreparedAttempt, StreamReader, Worker } from './worker.ts'

const prepare = (input: AttemptInput): PreparedAttempt => {
  const { seat, installation, gateway } = input
  const path = join(seat.agent, 'settings.json')
  const settings: LocalSettings = {
    role: input.role,
    baseUrl: `${gateway.origin}/${input.provider}`,
    model: modelOf(input, local.defaultModel) ?? '',
    wire: input.server?.wire ?? null,
    contextTokens: input.server?.contextTokens ?? null,
    schema: input.schema,
    inbox: input.inbox ?? null,
    sessions: join(seat.agent, 'sessions'),
  }
  return {
    files: [{ path, content: JSON.stringify(settings) }],
    file: installation.file,
    args: [
      ...installation.prefixArgs,
      path,
      ...(input.resume === null ? ['new', input.sessionId] : ['resume', input.resume]),
    ],
    env: { ...baseEnvironment(input), [tokenVariable]: gateway.token },
    stdin: input.prompt,
    stopSignal: 'SIGINT',
  }
}

const reader = ({ schema }: Pick<AttemptInput, 'schema' | 'resume'>): StreamReader => {
  const open = new Set<string>()
  const seen: Seen = { sessionId: null, usage: unmeasured, answer: null, failure: null, waitingFor: null }
  let failed: Extract<Closing, { end: 'failed' }> | null = null

  const close = (closing: Closing): WorkerEvent[] => {
    open.clear()
    seen.usage = closing.usage
    if (closing.end === 'answered') {
      seen.answer = { text: closing.text, structured: closing.structured }
      return [{ type: 'usage', usage: closing.usage }]
    }
    failed = closing
    // The class of a failure says what is done about it; who reads the log wants to know why.
    const told = `It ended here (${closing.reason}): ${closing.detail}`
    return [
      { type: 'notice', text: told },
      { type: 'usage', usage: closing.usage },
    ]
  }

  const hear = (event: WorkerEvent): WorkerEvent[] => {
    if (event.type === 'session') seen.sessionId = event.sessionId
    if (event.type === 'tool.started') open.add(event.id)
    if (event.type === 'tool.finished') open.delete(event.id)
    seen.waitingFor =
      event.type === 'retry'
        ? {
            class: event.status === null ? 'network' : classOfStatus(event.status),
            detail: event.detail,
            retryAt: null,
          }
        : null
    return [event]
  }

  const failureAt = (endedAt: number): Failure | null =>
    failed === null
      ? null
      : {
          class: classOf[failed.reason],
          detail: failed.detail,
          retryAt: failed.retryInMs === null ? null : endedAt + failed.retryInMs,
        }

  return {
    read: line => {
      const object = parseObject(line)
      const closing = Closing.safeParse(object)
      if (closing.success) return close(closing.data)
      const waiting = Waiting.safeParse(object)
      if (waiting.success) {
        seen.silence = waiting.data.detail
        return []
      }
      const event = WorkerEvent.safeParse(object)
      return event.success ? hear(event.data) : [unknownLine(line)]
    },
    hasOpenTool: () => open.size > 0,
    conclude: (end, stderrTail) => {
      seen.failure = failureAt(end.endedAt)
      return conclude(seen, end, stderrTail, { wantsJson: schema !== null, ofStderr: () => null })
    },
  }
}

export const local: Worker = {
  name: 'local',
  program: 'agentlab-local',
  maxPromptBytes: 512 * 1024,
  takesMessages: true,
  defaultModel: 'rehearsed',
  prepare,
  reader,
}
