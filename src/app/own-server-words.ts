/** What a failure on a server of the operator's means that the agent's CLI, made for its vendor, does not know. Pure. */
import type { WorkerName } from '../domain/lane.ts'

const asked: Partial<Record<WorkerName, string>> = { codex: '/v1/responses', claude: '/v1/messages' }

/**
 * `detail` with what to do where the server answered 404. One CLI hides the body, so both causes are told. The local loop
 * tries both languages and says by itself what is missing.
 */
export const ownServerDetail = (worker: WorkerName, status: number | null, detail: string): string => {
  const path = asked[worker]
  if (path === undefined || status !== 404) return detail
  return `your server answered 404 to ${path}: it does not speak what ${worker} needs (let worker local ask it, or name a server that speaks ${path}), or it lacks the model (agentlab doctor shows which it has): ${detail}`
}
