/** `~/.config/agentlab/config.yaml`: what only the operator may say: programs, addresses, credentials, limits, defaults. */
import { isIP } from 'node:net'
import { isAbsolute } from 'node:path'
import { z } from 'zod'
import { Lane, Provider, WorkerName } from '../domain/lane.ts'
import { PlannerName } from '../domain/plan.ts'
import { CommandWords } from './command-words.ts'
import { KeepSettings } from './keep.ts'
import { LimitSettings } from './limits.ts'

const AbsolutePath = z.string().min(1).max(4_000).refine(isAbsolute, 'must be an absolute path')
const ModelName = z.string().regex(/^[a-zA-Z0-9][a-zA-Z0-9._:/@-]{0,119}$/, "must be a model's name")

const isLoopback = (host: string): boolean =>
  host === 'localhost' || host === '[::1]' || (isIP(host) === 4 && host.startsWith('127.'))

/** Origin or base of a provider's API. Credentials travel to it, so plain http is for this machine only. */
const UpstreamUrl = z
  .string()
  .max(1_000)
  .transform((text, context) => {
    const complain = (message: string): string => {
      context.issues.push({ code: 'custom', message, input: text })
      return text
    }
    if (!URL.canParse(text)) return complain('must be an address such as https://api.anthropic.com')
    const url = new URL(text)
    if (url.username !== '' || url.password !== '') return complain('must not hold a user name or password')
    if (url.search !== '' || url.hash !== '') return complain('must not hold a query or fragment')
    const allowed = url.protocol === 'https:' || (url.protocol === 'http:' && isLoopback(url.hostname))
    if (!allowed) return complain('must begin with https:// (http:// is for loopback addresses only)')
    return url.href.replace(/\/+$/, '')
  })

const AgentSetting = z.strictObject({
  /** The program, where it is not the first of its name on PATH. */
  path: AbsolutePath.optional(),
  model: ModelName.optional(),
})

/** The credential's *place*, never the credential. */
const CredentialSetting = z.strictObject({
  env: z.string().regex(/^[A-Za-z_][A-Za-z0-9_]{0,99}$/, 'must be the name of an environment variable'),
})

/** A path below the repository's top: no `..`, nothing of git's own. */
const ListedFile = z
  .string()
  .min(1)
  .max(300)
  .refine(
    path => path.split('/').every(part => !['', '.', '..'].includes(part) && part.toLowerCase() !== '.git'),
    'must be a path below the top of the repository, outside .git',
  )

/** Ten ports go to each seat. */
const PortRange = z
  .strictObject({
    from: z.number().int().min(1_024).max(65_535).default(20_000),
    to: z.number().int().min(1_024).max(65_535).default(29_999),
  })
  .refine(({ from, to }) => to - from >= 9, 'must hold at least ten ports')

const RemoteProvider = Provider.exclude(['local'])
const oneLine = z
  .string()
  .min(1)
  .max(200)
  .regex(/^[^\u0000-\u001f<>]*$/, 'must be one line without < and >')

export const OperatorConfig = z.strictObject({
  agents: z.partialRecord(WorkerName, AgentSetting).optional(),
  upstreams: z.partialRecord(RemoteProvider, UpstreamUrl).optional(),
  credentials: z.partialRecord(RemoteProvider, CredentialSetting).optional(),
  limits: LimitSettings.optional(),
  planner: z
    .strictObject({
      prefer: z.array(PlannerName).min(1).optional(),
      /** How long a plan that was shown can be approved. */
      approvalHours: z.number().positive().max(720).optional(),
    })
    .optional(),
  defaults: z
    .strictObject({
      lane: Lane.optional(),
      maxParallel: z.number().int().positive().max(64).optional(),
    })
    .optional(),
  lanes: z
    .strictObject({ personal: z.strictObject({ providers: z.array(Provider).min(1).optional() }).optional() })
    .optional(),
  keep: KeepSettings.optional(),
  ports: PortRange.optional(),
  /** By the absolute path of a repository's top: ignored files of that checkout which every workspace gets a copy of. */
  repositories: z.record(AbsolutePath, z.strictObject({ files: z.array(ListedFile).max(20).default([]) })).optional(),
  /** The program that opens a review worktree, and its words; the folder comes last. */
  editor: CommandWords.optional(),
  /** Author of the commits AgentLab makes; the default is git's own user.name and user.email. */
  identity: z.strictObject({ name: oneLine, email: oneLine }).optional(),
})
export type OperatorConfig = z.infer<typeof OperatorConfig>
