/** `agentlab gateway`: the models of each lane for the operator's other tools, in the foreground until it is ended. */
import { once } from 'node:events'
import { dayAround } from '../../app/gateway/day-limits.ts'
import { newToken, serveTools, showToken, toolRequests } from '../../app/gateway/serve-tools.ts'
import { loadPrices, operatorPricesPath } from '../../config/prices.ts'
import { costCells, costReport } from '../../domain/cost-report.ts'
import { AgentLabError, exitCode } from '../../domain/errors.ts'
import { moment } from '../../domain/measures.ts'
import { type Answer, type Call, tellOf } from '../call.ts'
import { alignColumns } from '../columns.ts'
import { baseUrls, servedLines } from '../gateway-words.ts'
import { parseSince } from '../since.ts'

export interface GatewayOptions {
  port?: number
  showToken?: boolean
  newToken?: boolean
  usage?: boolean
  since?: string
}

export const gateway = async (call: Call, options: GatewayOptions): Promise<Answer> => {
  refuseMixed(options)
  if (options.usage) return usage(call, options.since)
  if (options.newToken) {
    const path = await newToken(call.env)
    return { text: `A new token lies in ${path}; the old one opens nothing any more.`, json: { tokenPath: path } }
  }
  if (options.showToken) {
    const token = await showToken(call.env)
    return { text: token, json: { token } }
  }
  return serve(call, options.port ?? null)
}

const refuseMixed = ({ port, showToken: shown, newToken: renewed, usage: used, since }: GatewayOptions): void => {
  const modes = [port !== undefined, shown, renewed, used].filter(Boolean).length
  if (modes <= 1 && (since === undefined || used)) return
  throw new AgentLabError('agentlab gateway failed on its options: they do not go together', {
    code: 'wrong-use',
    cure: 'Take one of --port, --show-token, --new-token and --usage; --since belongs to --usage.',
    exit: exitCode.wrongUse,
  })
}

/** What it says at its start it says while it serves, so it prints by itself. */
const serve = async (call: Call, port: number | null): Promise<Answer> => {
  const served = await serveTools(call.env, port, tellOf(call))
  try {
    const { tokenPath, names } = served
    if (call.json) call.out.write(`${JSON.stringify({ ...baseUrls(served.port), tokenPath, models: names })}\n`)
    else call.out.write(`${servedLines(served).join('\n')}\n`)
    if (!call.signal.aborted) await once(call.signal, 'abort')
  } finally {
    await served.close()
  }
  return { text: '', json: null, remarks: ['The gateway has ended; what ran was cut.'] }
}

const usage = async (call: Call, since: string | undefined): Promise<Answer> => {
  const now = Date.now()
  const from = since === undefined ? dayAround(now).start : parseSince(since, now)
  const prices = await loadPrices(call.env)
  const requests = toolRequests(call.env)
  try {
    const rows = requests.since(from).map(row => ({ ...row, runId: 'gateway', worker: `${row.lane}/${row.model}` }))
    const { lines, total } = costReport(rows, 'worker', prices)
    const head = ['Model', 'Requests', 'Tokens in', 'Of them cached', 'Tokens out', 'Money']
    const cells = [...lines, ...(lines.length > 1 ? [total] : [])].map(line => costCells(line, false))
    return {
      text: lines.length === 0 ? '' : alignColumns([head, ...cells], [1, 2, 3, 4, 5]).join('\n'),
      json: { since: new Date(from).toISOString(), lines, total },
      remarks: [
        lines.length === 0
          ? `Nothing was asked through the gateway since ${moment(from)}.`
          : `Since ${moment(from)}. Money is at list prices (yours: ${operatorPricesPath(call.env)}); a model of your own is not measured in money.`,
      ],
    }
  } finally {
    requests.close()
  }
}
