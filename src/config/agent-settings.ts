/** What the operator says of an agent: its program, whom it asks, and for which model. */
import { isAbsolute } from 'node:path'
import { z } from 'zod'
import { ModelName } from '../domain/answerer.ts'
import { canAskLocal, Provider, vendorOf, WorkerName } from '../domain/lane.ts'

export const AbsolutePath = z.string().min(1).max(4_000).refine(isAbsolute, 'must be an absolute path')

const asked = {
  /** The vendor's own, or `local`: the operator's servers. */
  provider: Provider.optional(),
  model: ModelName.optional(),
}

const ofLane = z.strictObject(asked)
const ofMachine = z.strictObject({
  /** The program, where it is not the first of its name on PATH. */
  path: AbsolutePath.optional(),
  ...asked,
})

/** Why a worker can't ask a provider, or null: it can. */
const whyNot = (worker: WorkerName, provider: Provider): string | null => {
  if (provider === vendorOf[worker]) return null
  if (provider !== 'local') return `must not be ${provider}: ${worker} asks ${choices(worker)}`
  if (canAskLocal.includes(worker)) return null
  return `must not be local: ${worker} speaks a wire that no server of yours speaks; ${canAskLocal.join(', ')} can ask one`
}

const choices = (worker: WorkerName): string =>
  [...new Set([vendorOf[worker], ...(canAskLocal.includes(worker) ? ['local'] : [])])].join(' or ')

const workersWith = <T extends z.ZodType<{ provider?: Provider | undefined }>>(setting: T) =>
  z.partialRecord(WorkerName, setting).superRefine((settings, context) => {
    for (const worker of WorkerName.options) {
      const provider = settings[worker]?.provider
      const message = provider === undefined ? null : whyNot(worker, provider)
      if (message !== null) context.addIssue({ code: 'custom', path: [worker, 'provider'], message })
    }
  })

export const AgentSettings = workersWith(ofMachine)
/** In one lane; what is said of an agent here takes the whole place of the provider and model said of it elsewhere. */
export const LaneAgents = workersWith(ofLane)
export type LaneAgents = z.infer<typeof LaneAgents>
