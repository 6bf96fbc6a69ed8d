/** What is said of an agent's program and login: usable, logged in but of no use yet, or missing. */
import type { AgentState } from '../app/agents.ts'
import { Lane } from '../domain/lane.ts'

export type AgentVerdict = 'usable' | 'rehearsal only' | 'missing'

export const agentVerdict = (state: AgentState): AgentVerdict => {
  if (state.installation === null) return 'missing'
  // The program is always there; without a server there is no local agent.
  if (state.worker === 'local' && state.login.state === 'missing') return 'missing'
  const hasServer = state.own.some(({ servers }) => servers.length > 0)
  const hasLogin = state.provider !== 'local' && state.login.state === 'usable'
  return hasServer || hasLogin ? 'usable' : 'rehearsal only'
}

/** `usable: 2.1.329 at /usr/bin/claude, key from ANTHROPIC_API_KEY; in lane private on your server mac (qwen3:8b)`. */
export const agentSentence = (state: AgentState): string => {
  const program = state.installation
  if (program === null) return state.broken ?? `missing: the program ${state.worker} is not on PATH`
  if (state.worker === 'local') return localSentence(state.login)
  const where = `${program.version} at ${program.prefixArgs[0] ?? program.file}`
  if (state.provider === 'local') return `${agentVerdict(state)}: ${where}, ${ownWords(state.own)}`
  if (state.own.length === 0 || agentVerdict(state) !== 'usable') return loginWords(state, where)
  if (state.login.state === 'usable') return `${loginWords(state, where)}; ${ownWords(state.own)}`
  return `usable: ${where}, ${ownWords(state.own)}; elsewhere not logged in (needs ${state.login.needs})`
}

const loginWords = (state: AgentState, where: string): string => {
  if (state.login.state === 'usable') return `usable: ${where}, ${state.login.kind} from ${state.login.source}`
  const start = state.login.state === 'missing' ? 'not logged in' : 'logged in, but not in a way AgentLab can use'
  return `${start} (needs ${state.login.needs}): ${where}`
}

/** `on your server z640 (qwen3:8b)`. */
export const serverWords = ({ model, servers }: Pick<AgentState['own'][number], 'model' | 'servers'>): string =>
  servers.length === 0
    ? `on no server of yours (none has ${model ?? 'a model for it'})`
    : `on your ${servers.length === 1 ? 'server' : 'servers'} ${servers.join(', ')} (${model})`

/** The same for all lanes is said once, without their names. */
const ownWords = (own: AgentState['own']): string => {
  const lanesBy = new Map<string, Lane[]>()
  for (const one of own) lanesBy.set(serverWords(one), [...(lanesBy.get(serverWords(one)) ?? []), one.lane])
  return [...lanesBy]
    .map(([words, lanes]) => {
      if (lanes.length === Lane.options.length) return words
      return `in ${lanes.length === 1 ? 'lane' : 'lanes'} ${lanes.join(', ')} ${words}`
    })
    .join('; ')
}

const localSentence = (login: AgentState['login']): string =>
  login.state === 'usable' ? `usable: on your servers ${login.source}` : `no server (needs ${login.needs})`

const packages = {
  claude: '@anthropic-ai/claude-code',
  codex: '@openai/codex',
  gemini: '@google/gemini-cli',
  local: 'agentlab',
}

/** What to do about it; undefined when there is nothing to do. */
export const agentCure = (state: AgentState): string | undefined => {
  if (state.installation === null) {
    return `Install it (npm install -g ${packages[state.worker]}) or name its path in ~/.config/agentlab/config.yaml.`
  }
  if (state.worker === 'local' && state.login.state === 'missing')
    return `Name one in ~/.config/agentlab/config.yaml, if you have one: see docs/local.md.`
  if (agentVerdict(state) === 'usable' || state.login.state === 'usable')
    return agentVerdict(state) === 'usable'
      ? undefined
      : 'It can be rehearsed as it is; for real runs name a server that has its model: see docs/local.md.'
  return `It can be rehearsed as it is; for real runs set ${state.login.needs}.`
}
