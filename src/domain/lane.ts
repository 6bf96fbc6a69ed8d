/** Lanes, providers and workers: who may see which data. */
import { z } from 'zod'

export const Lane = z.enum(['enterprise', 'personal', 'private'])
export type Lane = z.infer<typeof Lane>

/** Fewer providers may see the data the higher the number. */
export const strictness: Record<Lane, number> = { personal: 0, enterprise: 1, private: 2 }

export const isLooser = (lane: Lane, than: Lane): boolean => strictness[lane] < strictness[than]

/** At least one lane is given, so there always is an answer. */
export const strictestOf = (first: Lane, ...others: readonly Lane[]): Lane =>
  others.reduce((strictest, lane) => (isLooser(strictest, lane) ? lane : strictest), first)

/** Who receives the data of a request. */
export const Provider = z.enum(['anthropic', 'openai', 'google', 'local'])
export type Provider = z.infer<typeof Provider>

/** The most a lane can ever be opened to, whatever a file says: only `personal` is the operator's to widen. */
export const widestProviders: Record<Lane, readonly Provider[]> = {
  enterprise: ['anthropic', 'local'],
  personal: Provider.options,
  private: ['local'],
}

/** The adapters that exist; `local` is AgentLab's own loop on the operator's servers. */
export const WorkerName = z.enum(['claude', 'codex', 'gemini', 'local'])
export type WorkerName = z.infer<typeof WorkerName>

/** Who made a worker's program, and whose models it asks unless the operator says otherwise (lanes/answerer.ts). */
export const vendorOf: Record<WorkerName, Provider> = {
  claude: 'anthropic',
  codex: 'openai',
  gemini: 'google',
  local: 'local',
}

/** Workers that can also ask the operator's own servers, whose wires they speak; nobody speaks Gemini's but Google. */
export const canAskLocal: readonly WorkerName[] = ['claude', 'codex', 'local']

/** Why a foreign agent process runs. A token, a seat and a prompt belong to exactly one role. */
export const Role = z.enum(['planner', 'worker', 'verifier', 'researcher'])
export type Role = z.infer<typeof Role>
