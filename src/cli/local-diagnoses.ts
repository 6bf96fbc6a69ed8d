/** What doctor says of the operator's own model servers: reachable, which models, how much they hold. */
import { hasModel, type ServerState, serverStates } from '../app/local-servers.ts'
import type { LocalServer } from '../config/operator-config.ts'
import { count, many } from '../domain/measures.ts'
import { cleanLine } from '../domain/text.ts'

interface ServerDiagnosis {
  what: string
  status: 'ok' | 'warn'
  detail: string
  cure?: string
}

/** Asks each server, a few seconds at most. A server that is away is a warning: it may be up when it is needed. */
export const localDiagnoses = async (servers: readonly LocalServer[]): Promise<ServerDiagnosis[]> =>
  (await serverStates(servers)).map(diagnosisOf)

const diagnosisOf = ({ server, models, contexts }: ServerState): ServerDiagnosis => {
  const what = `server ${server.name}`
  if (models === null) {
    const cure = `Start it, and see that it is there: curl ${server.url}/v1/models`
    return { what, status: 'warn', detail: `${server.url} did not answer with a list of models`, cure }
  }
  const missing = server.models.filter(model => !hasModel(models, model))
  const told = contexts.map(({ model, tokens }) => `${model} (context ${tokens === null ? 'not told' : count(tokens)})`)
  const detail = `${server.url} has ${many(models.length, 'model')}; of yours: ${cleanLine(told.join(', '), 1_000) || 'none'}`
  if (missing.length === 0) return { what, status: 'ok', detail }
  const cure = `If it is Ollama, on its machine: ${missing.map(model => `ollama pull ${model}`).join('; ')}`
  return { what, status: 'warn', detail: `${detail}; missing: ${missing.join(', ')}`, cure }
}
