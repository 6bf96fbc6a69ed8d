/** When the next server is asked instead, and what is said when there is none left. */
import type { IncomingMessage } from 'node:http'
import { cleanLine } from '../../domain/text.ts'
import type { Errand } from './errand.ts'
import { readErrorAnswer, sendErrorText } from './error-answer.ts'
import type { Upstream } from './grant.ts'
import { hostOf, type ServerFailure } from './server-address.ts'

export interface PassedOver extends ServerFailure {
  upstream: Upstream
  /** It has no such model, which no waiting mends. */
  isMissing?: boolean
  /** What it said, cleaned: for the one who asked, and no log. */
  said?: string
}

/** Ollama, vLLM, LM Studio and LiteLLM say so in words of their own; a door they do not have says nothing of a model. */
const saysModelIsMissing = /\bmodel\b[^{}]{0,300}?\b(?:not found|does ?n[o']t exist|not exist|not loaded|unknown)/is

/**
 * Why an answer is not shown but the next server asked: the server failed, or lacks the model. null: it is to be shown.
 * `answered`: it had to be read to be judged, and was passed on. `secret` is kept out of both.
 */
export const whyPassOver = async (
  { desk, model, response }: Pick<Errand, 'desk' | 'model' | 'response'>,
  answer: IncomingMessage,
  secret: string,
): Promise<Omit<PassedOver, 'upstream'> | 'answered' | null> => {
  const status = answer.statusCode ?? 502
  if (status < 500 && status !== 404) return null
  answer.setTimeout(desk.bounds.connectMs, () => answer.destroy())
  const text = await readErrorAnswer(answer, secret)
  if (status >= 500)
    return {
      why: `it answered with ${status}`,
      said: cleanLine(text ?? ''),
      cure: 'See what it says of itself: agentlab doctor',
    }
  if (text !== null && saysModelIsMissing.test(text))
    return { why: 'it does not have the model', isMissing: true, cure: `If it is Ollama, there: ollama pull ${model}` }
  if (text === null) response.destroy()
  else sendErrorText(answer, response, text)
  return 'answered'
}

/** For the one who asked: each server, why not, and the next step. One line. */
export const nobodyAnswered = (model: string | null, passedOver: readonly PassedOver[]): string => {
  const each = passedOver.map(
    ({ upstream, why, said }) => `${upstream.name} (${hostOf(upstream)}): ${why}${said ? ` (${said})` : ''}`,
  )
  const cures = [...new Set(passedOver.map(({ cure }) => cure))]
  return `AgentLab: no server answers${model === null ? '' : ` for ${model}`}: ${each.join('; ')}. ${cures.join(' ')}`
}
