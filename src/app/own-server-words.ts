/** What a failure on a server of the operator's means that the agent's CLI, made for its vendor, does not know. Pure. */
import type { WorkerName } from '../domain/lane.ts'

const asked: Partial<Record<WorkerName, string>> = { codex: '/v1/responses', claude: '/v1/messages' }

/**
 * `detail` with what to do where the server answered 404. Claude Code hides what was said, so both causes are told. The
 * local loop tries both languages and says by itself what is missing.
 */
export const ownServerDetail = (worker: WorkerName, status: number | null, detail: string): string => {
  const path = asked[worker]
  if (path === undefined || status !== 404 || detail.includes('AgentLab:')) return detail
  if (/\bmodel\b.{0,300}?\bnot found\b/i.test(detail))
    return `your server does not have the model (agentlab doctor says what to type): ${detail}`
  return `your server has no ${path}, all that ${worker} speaks, or not the model (see agentlab doctor): take worker local or another server (404: ${detail})`
}
