/**
 * The local agent as a program: `node main.ts SETTINGS-FILE new|resume SESSION`, the prompt on standard input, one JSON event a line on
 * standard output, a closing line at the end. It runs in the box like any agent; nothing in AgentLab imports it.
 */
import { readFileSync } from 'node:fs'
import { endBounded } from '../../process/bounded.ts'
import { createAsker } from './asker.ts'
import type { Closing, Waiting } from './closing.ts'
import { fixedBytesOf } from './fixed-bytes.ts'
import { readInbox } from './inbox.ts'
import { converse } from './loop.ts'
import { firstPerByte } from './room.ts'
import { askerOf, contextTokens, loadedContext } from './server-facts.ts'
import { loadSession, openSession } from './session.ts'
import { bounds, LocalSettings, tokenVariable } from './settings.ts'
import { toolbox } from './tools/toolbox.ts'
import type { Turn } from './turns.ts'
import { note, notes, systemFor } from './words.ts'

const print = (line: unknown): void => {
  process.stdout.write(`${JSON.stringify(line)}\n`)
}

const sayWaiting = (detail: string | null): void => print({ type: 'waiting', detail } satisfies Waiting)

/** What the model's commands inherit: everything but the token. */
const commandEnvironment = (): Record<string, string> => {
  const { [tokenVariable]: _, ...rest } = process.env
  return Object.fromEntries(Object.entries(rest).flatMap(([key, value]) => (value === undefined ? [] : [[key, value]])))
}

const main = async (settingsPath: string, begin: string, sessionId: string): Promise<Closing> => {
  const settings = LocalSettings.parse(JSON.parse(readFileSync(settingsPath, 'utf8')))
  const prompt = readFileSync(0, 'utf8')
  const server = { baseUrl: settings.baseUrl, token: process.env[tokenVariable] ?? '', model: settings.model }
  const earlier = begin === 'resume' ? await loadSession(settings.sessions, sessionId) : []
  if (earlier === null) return gone(sessionId)
  print({ type: 'session', sessionId, model: settings.model })
  const session = await openSession(settings.sessions, sessionId)
  const next = nextTurns(earlier, prompt)
  for (const turn of next) await session.append(turn)
  const system = systemFor(settings.role)
  const specs = toolbox.map(tool => tool.spec)
  let said = 0
  const onBytes = (bytes: number): void => {
    said += bytes
  }
  return converse(
    {
      system,
      specs,
      schema: settings.schema,
      asking: createAsker({ server, wire: settings.wire, emit: print, onWaiting: sayWaiting, onBytes }),
      session,
      place: { workspace: process.cwd(), tmp: process.env.TMPDIR ?? process.cwd(), env: commandEnvironment() },
      capacity: {
        context: settings.contextTokens ?? (await contextTokens(askerOf(server), server.model)),
        perByte: firstPerByte,
        fixedBytes: fixedBytesOf(system, specs),
      },
      learnContext: async () => (settings.contextTokens === null ? loadedContext(askerOf(server), server.model) : null),
      mail: () => readInbox(settings.inbox),
      bounds,
      emit: print,
      clock: Date.now,
      saidBytes: () => said,
    },
    [...earlier, ...next],
  )
}

/** A conversation that was cut off goes on where it was: its statement stands in it already. One that had ended is asked anew. */
const nextTurns = (earlier: readonly Turn[], text: string): Turn[] => {
  const prompt = earlier.findLast(turn => turn.kind === 'prompt')
  const last = earlier.at(-1)
  const hasEnded = last?.kind === 'answer' && last.calls.length === 0
  if (prompt?.text !== text || hasEnded) return [{ kind: 'prompt', text }]
  return last?.kind === 'answer' ? [{ kind: 'note', text: note(notes.interrupted) }] : []
}

const gone = (sessionId: string): Closing => ({
  type: 'closed',
  end: 'failed',
  reason: 'sessionLost',
  detail: `there is no session ${sessionId}`,
  retryInMs: null,
  usage: { input: null, cached: null, output: null },
})

for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.once(signal, () => {
    endBounded()
    process.kill(process.pid, signal)
  })
}

const [, , settingsPath = '', begin = 'new', sessionId = ''] = process.argv
const closing = await main(settingsPath, begin, sessionId)
print(closing)
// What the model's commands left behind must not keep it alive.
process.exit(closing.end === 'answered' ? 0 : 1)
