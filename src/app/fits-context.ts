/**
 * Whether what is asked can fit into the operator's own models at all: known before a row is written or a token spent. It
 * is refused by the worker's own estimate, which would refuse it too; more than this a worker finds out by itself.
 */
import type { EffectiveConfig } from '../config/effective.ts'
import type { LocalServer } from '../config/operator-config.ts'
import { AgentLabError, exitCode } from '../domain/errors.ts'
import type { Lane, WorkerName } from '../domain/lane.ts'
import { count } from '../domain/measures.ts'
import { answererOf } from '../lanes/answerer.ts'
import { connectionTo } from '../lanes/gateway/connection-to.ts'
import { isOwnUpstream } from '../lanes/gateway/server-address.ts'
import { parsePlanFile } from '../planner/plan-file.ts'
import { firstPerByte, roomFor } from '../workers/local/room.ts'
import { contextTokens } from '../workers/local/server-facts.ts'
import { serversWith } from './local-choice.ts'
import { ownServer } from './own-servers.ts'

interface Asked {
  goal: string
  planText: string | null
  lane: Lane
  workers: readonly WorkerName[]
}

/** Milliseconds for all servers together; one that is not heard of by then is not known. */
const patienceMs = 3_000

/** @throws AgentLabError `context-too-small` when no server that lists the model can hold it, and each says so */
export const refuseTooLong = async (
  config: EffectiveConfig,
  env: NodeJS.ProcessEnv,
  { goal, planText, lane, workers }: Asked,
): Promise<void> => {
  if (!workers.every(worker => worker === 'local')) return
  const { model } = answererOf('local', lane, config)
  const servers = serversWith(model, lane, config)
  if (model === null || servers.length === 0) return
  const words = planText === null ? [goal] : parsePlanFile(planText, 'the plan file').tasks.map(task => task.what)
  const longest = Math.max(...words.map(text => Buffer.byteLength(text)))
  const tokens = Math.ceil((longest + (await besideBytes())) * firstPerByte)
  const signal = AbortSignal.timeout(patienceMs)
  const known = await Promise.all(
    servers.map(async server => ({ server, context: await contextAt(server, model, config, env, signal) })),
  )
  if (known.some(({ context }) => context === null || tokens <= roomOf(context))) return
  const each = known.map(
    ({ server, context }) => `${server.name} (context ${count(context)}, ${count(roomOf(context!))} beside an answer)`,
  )
  throw new AgentLabError(
    `agentlab failed on the length of what is asked: it takes about ${count(tokens)} tokens with what the local worker needs beside it, and ${model} holds less: ${each.join(', ')}`,
    {
      code: 'context-too-small',
      cure: 'Give the model a larger context on its server (Ollama: OLLAMA_CONTEXT_LENGTH=65536 ollama serve), or say it in fewer words or several tasks.',
      exit: exitCode.wrongUse,
    },
  )
}

const roomOf = (context: number): number => roomFor({ context, perByte: firstPerByte, fixedBytes: 0 })

/** The system prompt and the tools, which go with every question. */
const besideBytes = async (): Promise<number> => {
  const [{ fixedBytesOf }, { toolbox }, { systemFor }] = await Promise.all([
    import('../workers/local/fixed-bytes.ts'),
    import('../workers/local/tools/toolbox.ts'),
    import('../workers/local/words.ts'),
  ])
  return fixedBytesOf(
    systemFor('worker'),
    toolbox.map(tool => tool.spec),
  )
}

/** The operator's word, else the server's; null where nobody says. */
const contextAt = async (
  server: LocalServer,
  model: string,
  { tunnels }: Pick<EffectiveConfig, 'tunnels'>,
  env: NodeJS.ProcessEnv,
  signal: AbortSignal,
): Promise<number | null> => {
  if (server.context !== undefined) return server.context
  const upstream = ownServer(server, tunnels)
  if (!isOwnUpstream(upstream)) return null
  const connection = await connectionTo(upstream, { env, connectMs: patienceMs })
  if (!connection.ok) return null
  try {
    return await contextTokens((path, body) => connection.json(path, body, signal), model)
  } finally {
    connection.close()
  }
}
