/** Carries an answer back to the client in the way its kind needs: streamed, cleaned or looked into; and counts it. */
import type { IncomingMessage } from 'node:http'
import type { Errand } from './errand.ts'
import { isErrorStatus, sendErrorAnswer } from './error-answer.ts'
import type { Upstream } from './grant.ts'
import { sendModelList } from './model-list.ts'
import { retryInfoMs } from './rate-limit.ts'
import { refuse } from './refusal.ts'
import { hostOf } from './server-address.ts'
import { sendTold } from './server-told.ts'
import { streamAnswer } from './stream-answer.ts'
import { usageReader } from './usage.ts'
import { type Counted, free, unmeasured } from './usage-shapes.ts'

/** What became of an answer. `whole`: it went through to its end. `waitMs`: what its body asks to wait. */
export interface Answered {
  whole: boolean
  counted: Counted
  waitMs: number | null
}

/** `secret` was sent with the request: an error that quotes it is cleaned. */
export const answerClient = async (
  errand: Errand,
  upstream: Upstream,
  answer: IncomingMessage,
  secret: string,
): Promise<Answered> => {
  const { grant, match, response } = errand
  const { route } = match
  const status = answer.statusCode ?? 502
  if (status >= 300 && status < 400) {
    answer.destroy()
    const message = `AgentLab: ${hostOf(upstream)} answered with a redirect, and none is followed`
    refuse(response, route.wire, 'unreachable', message)
    return { whole: true, counted: unmeasured, waitMs: null }
  }
  if (isErrorStatus(status)) {
    const text = await sendErrorAnswer(answer, response, secret)
    const waitMs = route.wire === 'google' && status === 429 ? retryInfoMs(text ?? '') : null
    return { whole: text !== null, counted: unmeasured, waitMs }
  }
  if (route.listsModels)
    return { whole: await sendModelList(answer, response, route, grant), counted: free, waitMs: null }
  if (route.shows !== null)
    return { whole: await sendTold(answer, response, route, route.shows, grant), counted: free, waitMs: null }
  const reader = usageReader(route.wire, answer.headers['content-type'])
  const whole = await streamAnswer(answer, response, part => {
    reader.push(part)
    errand.desk.heard?.(grant)
  })
  return { whole, counted: reader.finish(), waitMs: null }
}
