/** What is said of an agent's program and login: usable, logged in but of no use yet, or missing. */
import type { AgentState } from '../app/agents.ts'

export type AgentVerdict = 'usable' | 'rehearsal only' | 'missing'

export const agentVerdict = (state: AgentState): AgentVerdict => {
  if (state.installation === null) return 'missing'
  // The program is always there; without a server there is no local agent.
  if (state.worker === 'local' && state.login.state === 'missing') return 'missing'
  return state.login.state === 'usable' ? 'usable' : 'rehearsal only'
}

/** `usable: 2.1.329 at /usr/bin/claude, key from ANTHROPIC_API_KEY`. */
export const agentSentence = (state: AgentState): string => {
  const program = state.installation
  if (program === null) return state.broken ?? `missing: the program ${state.worker} is not on PATH`
  if (state.worker === 'local') return localSentence(state.login)
  const where = `${program.version} at ${program.prefixArgs[0] ?? program.file}`
  if (state.login.state === 'usable') return `usable: ${where}, ${state.login.kind} from ${state.login.source}`
  const start = state.login.state === 'missing' ? 'not logged in' : 'logged in, but not in a way AgentLab can use'
  return `${start} (needs ${state.login.needs}): ${where}`
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
  return state.login.state === 'usable'
    ? undefined
    : `It can be rehearsed as it is; for real runs set ${state.login.needs}.`
}
