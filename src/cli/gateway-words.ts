/** What the gateway for the operator's other tools says of itself at its start. */
import type { ServedTools } from '../app/gateway/serve-tools.ts'
import { count } from '../domain/measures.ts'
import { cleanLine } from '../domain/text.ts'

export const baseUrls = (port: number): { openai: string; anthropic: string } => ({
  openai: `http://127.0.0.1:${port}/v1`,
  anthropic: `http://127.0.0.1:${port}`,
})

export const servedLines = ({ port, tokenPath, settings, names, missing }: ServedTools): string[] => {
  const { openai, anthropic } = baseUrls(port)
  const origins = settings.origins ?? []
  const bounds = [
    boundWords('in all', settings),
    ...Object.entries(settings.lanes ?? {}).map(([lane, bound]) => boundWords(lane, bound)),
  ].filter(line => line !== null)
  return [
    `OpenAI clients     ${openai}`,
    `Anthropic clients  ${anthropic}`,
    `Token              ${tokenPath} (agentlab gateway --show-token prints it)`,
    `Browser pages      ${origins.length === 0 ? 'none (gateway.origins in your config.yaml)' : origins.join(', ')}`,
    `Limits             ${bounds.length === 0 ? 'none (gateway.requestsPerDay, tokensPerDay in your config.yaml)' : bounds.join('; ')}`,
    `Models             ${names.length === 0 ? 'none' : ''}`.trimEnd(),
    ...names.map(name => `  ${cleanLine(name)}`),
    ...(missing.length === 0 ? [] : ['Not offered']),
    ...missing.map(({ lane, provider, why }) => `  ${lane}/… of ${provider}: ${cleanLine(why)}`),
  ]
}

const boundWords = (
  whose: string,
  { requestsPerDay, tokensPerDay }: { requestsPerDay?: number | undefined; tokensPerDay?: number | undefined },
): string | null => {
  const parts = [
    ...(requestsPerDay === undefined ? [] : [`${count(requestsPerDay)} requests a day`]),
    ...(tokensPerDay === undefined ? [] : [`${count(tokensPerDay)} tokens a day`]),
  ]
  return parts.length === 0 ? null : `${whose} ${parts.join(' and ')}`
}
