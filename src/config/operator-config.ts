/** `~/.config/agentlab/config.yaml`: what only the operator may say: programs, addresses, credentials, limits, defaults. */
import { z } from 'zod'
import { ModelName } from '../domain/answerer.ts'
import { Lane, Provider } from '../domain/lane.ts'
import { PlannerName } from '../domain/plan.ts'
import { AddressRange, isWithin } from './addresses.ts'
import { AbsolutePath, AgentSettings } from './agent-settings.ts'
import { plainHttpRefusal, ServerUrl, UpstreamUrl } from './base-url.ts'
import { CommandWords } from './command-words.ts'
import { GatewaySettings } from './gateway-settings.ts'
import { KeepSettings } from './keep.ts'
import { LaneSettings } from './lane-settings.ts'
import { LimitSettings } from './limits.ts'
import { PathRules } from './path-rules.ts'
import { CheckName } from './repository-config.ts'

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

/** Servers of the operator's own, in order of preference, each with the models that may be asked of it. */
const LocalServer = z.strictObject({
  name: z.string().regex(/^[a-z0-9][a-z0-9-]{0,29}$/, 'must be a short name of small letters, digits and -'),
  url: ServerUrl,
  models: z.array(ModelName).min(1).max(100),
  /** What it speaks: Anthropic's Messages (Ollama) or OpenAI's chat completions; left out, the local loop tries. */
  wire: z.enum(['messages', 'chat']).optional(),
  /** Tokens its models can hold; left out, the server is asked, and only Ollama says. */
  context: z.int().min(1_024).max(10_000_000).optional(),
  /** Requests it works on at once; left out, one: a GPU does one thing at a time. */
  atOnce: z.int().min(1).max(1_000).optional(),
  /** Certificates (PEM) that are trusted for this server, and for no other. */
  ca: AbsolutePath.optional(),
  /** Where the key lies that the server wants. */
  credential: CredentialSetting.optional(),
})
export type LocalServer = z.infer<typeof LocalServer>

/** A folder of tools that every box may read. Not the whole disk, and not all of HOME. */
const ToolFolder = z
  .string()
  .max(4_000)
  .refine(
    path =>
      /^(?:~\/|\/)[^\u0000]*[^\u0000/.]/.test(path) && !path.split('/').some(part => part === '.' || part === '..'),
    'must be an absolute path, or one that begins with ~/, of a folder below / or ~',
  )

/** What the operator says about one repository, by the absolute path of its top. */
const RepositorySetting = z.strictObject({
  /** Ignored files of that checkout which every workspace gets a copy of. */
  files: z.array(ListedFile).max(20).default([]),
  /** Lanes its paths demand, beside those the repository names itself. */
  paths: PathRules.optional(),
  box: z
    .strictObject({
      /** Checks that may make user namespaces in their box, as browsers do. */
      userns: z.array(CheckName).max(30).optional(),
    })
    .optional(),
})

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

const Settings = z.strictObject({
  agents: AgentSettings.optional(),
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
  lanes: LaneSettings.optional(),
  local: z
    .array(LocalServer)
    .max(20)
    .refine(
      servers => new Set(servers.map(server => server.name)).size === servers.length,
      'has two servers of one name',
    )
    .optional(),
  /** Private ranges that are reached through an encrypted tunnel: plain http may go there. */
  tunnels: z.array(AddressRange).max(20).optional(),
  tools: z.array(ToolFolder).max(30).optional(),
  keep: KeepSettings.optional(),
  ports: PortRange.optional(),
  /** Of `agentlab gateway`, for the operator's other tools. */
  gateway: GatewaySettings.optional(),
  repositories: z.record(AbsolutePath, RepositorySetting).optional(),
  /** The program that opens a review worktree, and its words; the folder comes last. */
  editor: CommandWords.optional(),
  /** Author of the commits AgentLab makes; the default is git's own user.name and user.email. */
  identity: z.strictObject({ name: oneLine, email: oneLine }).optional(),
})

export const OperatorConfig = Settings.superRefine((config, context) => {
  for (const { path, url } of localAddresses(config)) {
    const message = plainHttpRefusal(url, host => isWithin(host, config.tunnels ?? []))
    if (message !== null) context.addIssue({ code: 'custom', path, message })
  }
})
export type OperatorConfig = z.infer<typeof OperatorConfig>

const localAddresses = ({ local, lanes }: z.infer<typeof Settings>): { path: (string | number)[]; url: string }[] => [
  ...(local ?? []).map(({ url }, index) => ({ path: ['local', index, 'url'], url })),
  ...Lane.options.flatMap(lane => {
    const mirror = lanes?.[lane]?.mirror
    return mirror === undefined ? [] : [{ path: ['lanes', lane, 'mirror'], url: mirror }]
  }),
]
