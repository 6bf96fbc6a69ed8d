/**
 * `agentlab.yaml`: what a repository may say about itself. It comes with the code, so it is untrusted: it names no
 * program of ours, no address, no environment, and it can tighten but never loosen a lane or a limit.
 */
import { z } from 'zod'
import { BranchName } from '../domain/ids.ts'
import { Lane, WorkerName } from '../domain/lane.ts'
import { PlannerName } from '../domain/plan.ts'
import { CommandWords } from './command-words.ts'
import { LimitSettings } from './limits.ts'
import { looserRules, PathRules } from './path-rules.ts'

/** A path below the repository's top: no `..`, not absolute. */
const InnerPath = z
  .string()
  .min(1)
  .max(300)
  .refine(path => !path.startsWith('/') && !path.split(/[\\/]/).includes('..'), 'must lie inside the repository')

export const CheckName = z
  .string()
  .regex(/^[a-zA-Z0-9][a-zA-Z0-9 ._:-]{0,59}$/, 'must be a short name of letters, digits and . _ : -')

const CheckSetting = z.strictObject({
  /** Shown in receipts; unique. */
  name: CheckName,
  command: CommandWords,
  timeoutMinutes: z.number().positive().max(240).default(10),
})

/** Prefix before the names of all our branches: empty, or ending in `/`. */
const BranchPrefix = z
  .string()
  .regex(/^(?:[a-zA-Z0-9][a-zA-Z0-9._-]*\/)*$/, 'must be empty or end in "/", for example "agentlab/"')
  .max(60)

/** Becomes part of a variable's name. */
const PortName = z.string().regex(/^[a-z][a-z0-9-]{0,19}$/, 'must be a short name of small letters, digits and -')

const Settings = z.strictObject({
  /** The human branch. Left out: detected. */
  main: BranchName.optional(),
  branches: z.strictObject({ agent: BranchName.optional(), prefix: BranchPrefix.optional() }).optional(),
  lane: Lane.optional(),
  /** Lanes that some paths demand; never looser than `lane`. */
  paths: PathRules.optional(),
  checks: z
    .array(CheckSetting)
    .max(30)
    .refine(checks => new Set(checks.map(check => check.name)).size === checks.length, 'has two checks of one name')
    .optional(),
  setup: z
    .strictObject({
      command: CommandWords,
      inputs: z.array(InnerPath).max(50).default([]),
      /** `none` leaves the set-up without a network, and so with the whole tree. */
      network: z.enum(['registries', 'none']).default('registries'),
    })
    .optional(),
  /** Ports each seat gets, by name: `{{port:web}}` in commands, `AGENTLAB_PORT_WEB` in the environment. */
  ports: z
    .array(PortName)
    .max(10)
    .refine(names => new Set(names).size === names.length, 'has two ports of one name')
    .optional(),
  planner: z.strictObject({ prefer: z.array(PlannerName).min(1).optional() }).optional(),
  verifier: z.strictObject({ independence: z.enum(['vendor', 'session']).optional() }).optional(),
  limits: LimitSettings.optional(),
  /** Workers to use, in order of preference. */
  agents: z.array(WorkerName).min(1).optional(),
})

export const RepositoryConfig = Settings.superRefine(({ lane, paths }, context) => {
  for (const pattern of looserRules(paths, lane)) {
    const message = `is looser than lane: ${lane}, so it can never win: a path can only demand a stricter lane`
    context.addIssue({ code: 'custom', path: ['paths', pattern], message })
  }
})
export type RepositoryConfig = z.infer<typeof RepositoryConfig>

const operatorOnly: Record<string, string> = {
  upstreams: 'sets an address',
  upstream: 'sets an address',
  url: 'sets an address',
  urls: 'sets an address',
  baseUrl: 'sets an address',
  credentials: 'names a credential',
  env: 'sets an environment',
  environment: 'sets an environment',
  path: 'names a program',
  paths: 'names a program',
  local: 'sets an address',
  mirror: 'sets an address',
  registries: 'opens an address',
  tunnels: 'opens addresses',
  providers: 'opens a lane',
  workers: 'changes a lane',
  box: 'opens the box',
  userns: 'opens the box',
  binary: 'names a program',
  binaries: 'names a program',
  tools: 'names programs',
  editor: 'names a program',
  model: 'chooses a model',
  models: 'chooses models',
  lanes: 'changes a lane',
  defaults: 'sets your defaults',
  identity: 'sets your identity',
  repositories: 'hands in files of your checkout',
  files: 'hands in files of your checkout',
  approvalHours: 'says how long you may take',
}

const onlyAsFlag = "takes the box away, which a repository can't do: it is the flag --unboxed of agentlab task"

/** Why a key may not stand in the repository's file although the operator's own may hold it; null for other keys. */
export const explainRepositoryKey = (path: string[]): string | null => {
  const last = path.at(-1) ?? ''
  // Below `paths` stand names of the repository's own.
  if (path[0] === 'paths') return null
  if (path.length === 1 && last === 'agents')
    return 'is a list of names here, in order of preference; paths and models belong in ~/.config/agentlab/config.yaml'
  if (last === 'unboxed' || last === 'containment') return onlyAsFlag
  const reason = Object.hasOwn(operatorOnly, last) ? operatorOnly[last] : undefined
  return reason === undefined
    ? null
    : `${reason}, which a repository can't do: it belongs in ~/.config/agentlab/config.yaml`
}
