/** What doctor says of the operator's own model servers: what they are, which models they have, how much and how fast. */
import { type ModelState, mostMeasured, type ServerState, serverStates } from '../app/local-servers.ts'
import { speedPrompt, speedTokens } from '../app/model-speed.ts'
import { isPlainBeyond } from '../config/base-url.ts'
import type { EffectiveConfig } from '../config/effective.ts'
import type { LocalServer } from '../config/operator-config.ts'
import { count, many } from '../domain/measures.ts'
import { cleanLine } from '../domain/text.ts'

export interface ServerDiagnosis {
  what: string
  status: 'ok' | 'warn'
  detail: string
  cure?: string
  server: Omit<ServerState, 'server'>
}

/** Takes as long as the slowest server, about a minute at most. One that is away is a warning: it may be up when needed. */
export const localDiagnoses = async (
  config: Pick<EffectiveConfig, 'local' | 'tunnels'>,
  env: NodeJS.ProcessEnv,
  options: { sendsPrompts: boolean },
): Promise<ServerDiagnosis[]> => (await serverStates(config, env, options)).map(state => diagnosisOf(state, options))

const diagnosisOf = (state: ServerState, { sendsPrompts }: { sendsPrompts: boolean }): ServerDiagnosis => {
  const { server, ...facts } = state
  const what = `server ${server.name}`
  if (state.failure !== null) {
    const cure =
      state.failure.cure === askDoctor
        ? `Start it, and see that it answers: curl ${server.url}/v1/models`
        : state.failure.cure
    const detail = [`${server.url} can't be asked: ${state.failure.why}`, ...plainLine(server)].join('\n')
    return { what, status: 'warn', detail, cure, server: facts }
  }
  if (state.listed === null) {
    const cure = `Start it, and see that it is there: curl ${server.url}/v1/models`
    const told = state.kind === null ? '' : ` (it is ${kindWords(state)})`
    const detail = [`${server.url} did not answer with a list of models${told}`, ...plainLine(server)].join('\n')
    return { what, status: 'warn', detail, cure, server: facts }
  }
  const detail = [
    `${whereOf(state)} answers: ${kindWords(state)}, ${many(state.listed.length, 'model')}`,
    ...state.models.map(model => `${model.name}: ${modelWords(model)}`),
    ...plainLine(server),
    ...remarks(state, sendsPrompts),
  ].join('\n')
  const cure = cureOf(state)
  const status = state.models.every(model => model.isThere) ? 'ok' : 'warn'
  return { what, status, detail, ...(cure === null ? {} : { cure }), server: facts }
}

const plainLine = ({ url }: LocalServer): string[] =>
  isPlainBeyond(url) ? ['plain http: nothing but your tunnel encrypts what is sent there'] : []

/** What a gate's failure says to do, and this is it. */
const askDoctor = 'See that it runs: agentlab doctor'

/** A name with the address it led to. */
const whereOf = ({ server, addresses }: ServerState): string =>
  addresses.length === 0 || server.url.includes(addresses[0]!) ? server.url : `${server.url} (${addresses.join(', ')})`

const kindWords = ({ kind, version }: ServerState): string =>
  kind === null ? 'not known what it is' : cleanLine(version === null ? kind : `${kind} ${version}`, 120)

const modelWords = ({ isThere, isLoaded, contextTokens, speed }: ModelState): string => {
  if (!isThere) return 'missing'
  const loaded = { true: 'loaded', false: 'not loaded', null: 'not told whether it is loaded' }[`${isLoaded}`]
  const context = contextTokens === null ? 'context not told' : `context ${count(contextTokens)}`
  const parts = [loaded, context, ...(speed === null ? [] : [speedWords(speed)])]
  return parts.join(', ')
}

const speedWords = (speed: NonNullable<ModelState['speed']>): string =>
  speed.tokensPerSecond === null
    ? `speed not measured: ${cleanLine(speed.why, 200)}`
    : `${speed.tokensPerSecond.toFixed(1)} tokens/s`

const remarks = ({ kind, models }: ServerState, sendsPrompts: boolean): string[] => {
  const there = models.filter(model => model.isThere).length
  return [
    ...(sendsPrompts && there > 0
      ? [
          `sent to ${there > mostMeasured ? `the first ${mostMeasured} of them` : 'each'}, once: “${speedPrompt}”, at most ${speedTokens} tokens of answer`,
        ]
      : []),
    ...(kind === 'LiteLLM'
      ? ['LiteLLM passes requests on: see in its own file that each model of yours runs on your machines']
      : []),
  ]
}

const cureOf = ({ server, kind, models }: ServerState): string | null => {
  const missing = models.filter(model => !model.isThere).map(model => model.name)
  if (missing.length > 0)
    return kind === 'Ollama'
      ? `On its machine: ${missing.map(model => `ollama pull ${model}`).join('; ')}`
      : kind === 'LM Studio'
        ? `On its machine: ${missing.map(model => `lms get ${model}`).join('; ')}`
        : `Let it serve ${missing.join(', ')}, or name the models it has: curl ${server.url}/v1/models`
  if (models.some(model => model.speed?.tokensPerSecond === null && model.speed.isLoading))
    return 'Ask again in a minute, once it is loaded: agentlab doctor'
  const untold = models.filter(model => model.contextTokens === null)
  return untold.length === 0
    ? null
    : `Say how many tokens it holds, so that nothing is begun that can't fit: context: N below ${server.name}`
}
