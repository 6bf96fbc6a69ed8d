/** What the operator may say about each lane. `personal` is theirs to widen; the others only get narrower. */
import { z } from 'zod'
import { type Lane, Provider, WorkerName, widestProviders } from '../domain/lane.ts'
import { LaneAgents } from './agent-settings.ts'
import { MirrorUrl } from './base-url.ts'

/** A model's name; `*` stands for any run of characters. */
const ModelPattern = z
  .string()
  .regex(
    /^[a-zA-Z0-9*][a-zA-Z0-9._:/@*-]{0,119}$/,
    "must be a model's name, in which * stands for any characters: claude-*",
  )

/** `host` or `host:port`, in small letters. */
const RegistryHost = z
  .string()
  .max(260)
  .regex(
    /^[a-z0-9](?:[a-z0-9-]*[a-z0-9])?(?:\.[a-z0-9](?:[a-z0-9-]*[a-z0-9])?)*(?::\d{1,5})?$/,
    'must be a host, or host:port, in small letters and without https://',
  )
  .refine(text => Number(text.split(':')[1] ?? 1) <= 65_535, 'has a port above 65535')

const Settings = z.strictObject({
  providers: z.array(Provider).min(1).max(4).optional(),
  models: z.partialRecord(Provider, z.array(ModelPattern).min(1).max(100)).optional(),
  workers: z.array(WorkerName).min(1).max(10).optional(),
  agents: LaneAgents.optional(),
  unboxed: z.boolean().optional(),
  /** How long the words of ended runs are kept; 0: not at all. */
  keepDays: z.number().min(0).max(3_650).optional(),
  registries: z.array(RegistryHost).max(50).optional(),
  /** Of packages, for set-ups. */
  mirror: MirrorUrl.optional(),
})
export type LaneSetting = z.infer<typeof Settings>

interface Complaint {
  path: (string | number)[]
  message: string
}

const complaints = (lane: Lane, { providers, models, agents, unboxed, registries }: LaneSetting): Complaint[] => {
  const may = providers ?? widestProviders[lane]
  return [
    ...(providers ?? []).flatMap((provider, index) =>
      widestProviders[lane].includes(provider)
        ? []
        : [{ path: ['providers', index], message: `must not be ${provider}: ${cannotWiden(lane)}` }],
    ),
    ...(Object.keys(models ?? {}) as Provider[]).flatMap(provider =>
      may.includes(provider)
        ? []
        : [{ path: ['models', provider], message: `is for nothing: ${provider} sees no data of lane ${lane}` }],
    ),
    ...WorkerName.options.flatMap(worker => {
      const provider = agents?.[worker]?.provider
      if (provider === undefined || may.includes(provider)) return []
      return [
        { path: ['agents', worker, 'provider'], message: `is for nothing: ${provider} sees no data of lane ${lane}` },
      ]
    }),
    ...(lane === 'private' && unboxed === true
      ? [{ path: ['unboxed'], message: 'must not be true: nothing of lane private ever runs without its box' }]
      : []),
    ...(lane === 'private' && (registries ?? []).length > 0
      ? [
          {
            path: ['registries'],
            message: 'must be empty: lane private reaches no registry; name a mirror of your own',
          },
        ]
      : []),
  ]
}

const cannotWiden = (lane: Lane): string => `lane ${lane} is for ${widestProviders[lane].join(' and ')} at most`

const settingsOf = (lane: Lane) =>
  Settings.superRefine((settings, context) => {
    for (const { path, message } of complaints(lane, settings)) context.addIssue({ code: 'custom', path, message })
  }).optional()

export const LaneSettings = z.strictObject({
  personal: settingsOf('personal'),
  enterprise: settingsOf('enterprise'),
  private: settingsOf('private'),
})
export type LaneSettings = z.infer<typeof LaneSettings>
