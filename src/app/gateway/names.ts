/** Names of models as tools say them, `<lane>/<model>`: which there are, and whose model each one means. Pure. */
import { Lane, type Provider } from '../../domain/lane.ts'
import { modelAllowed, whyNotModel } from '../../lanes/gateway/models.ts'
import { type LaneConfig, policyOf } from '../../lanes/policy.ts'

export interface Offer {
  lane: Lane
  provider: Provider
  /** The provider's own name. */
  model: string
}

export const nameOf = ({ lane, model }: Pick<Offer, 'lane' | 'model'>): string => `${lane}/${model}`

/**
 * Models that can be listed, strictest lane last. A pattern of the operator's lets names in that can't be listed; a lane
 * that lists nothing for a provider of its own offers nothing of it here, for a name alone does not say whose model it is.
 */
export const offersOf = (config: LaneConfig): Offer[] =>
  Lane.options.flatMap(lane =>
    listsOf(lane, config).flatMap(({ provider, patterns }) =>
      patterns.filter(pattern => !pattern.includes('*')).map(model => ({ lane, provider, model })),
    ),
  )

/** Providers a lane's data may be seen by, of which it names no models. */
export const unlistedOf = (lane: Lane, config: LaneConfig): Provider[] => {
  const { providers, models } = policyOf(lane, config)
  return providers.filter(provider => models[provider] === undefined)
}

const listsOf = (lane: Lane, config: LaneConfig): { provider: Provider; patterns: readonly string[] }[] => {
  const { providers, models } = policyOf(lane, config)
  return providers.flatMap(provider => {
    const patterns = models[provider]
    return patterns === undefined ? [] : [{ provider, patterns }]
  })
}

export type Named = { ok: true; offer: Offer } | { ok: false; isUnknown: boolean; message: string }

const no = (message: string, isUnknown = false): Named => ({ ok: false, isUnknown, message })

/** What a name means: a model that is listed word for word goes before one that a pattern lets in. */
export const offerNamed = (name: string, config: LaneConfig): Named => {
  const said = `model ${name.slice(0, 200)}`
  const slash = name.indexOf('/')
  const lane = Lane.safeParse(name.slice(0, Math.max(slash, 0))).data
  const model = name.slice(slash + 1)
  if (lane === undefined || !/^[a-zA-Z0-9][\w.:/@+-]{0,119}$/.test(model))
    return no(`${said} is no name of this gateway: say a lane and a model, such as private/qwen3:8b`, true)
  const lists = listsOf(lane, config)
  const found = ['exact', 'pattern'].map(how =>
    lists.filter(({ provider, patterns }) => {
      const names = how === 'exact' ? patterns.filter(pattern => !pattern.includes('*')) : patterns
      return provider === 'local'
        ? whyNotModel({ lane, provider, models: names }, model) === null
        : modelAllowed(names, model)
    }),
  )
  const [first, ...others] = found.find(some => some.length > 0) ?? []
  if (first === undefined) return no(`${said} ${whyNone(lane, config)}`)
  if (others.length > 0) {
    const whose = [first, ...others].map(({ provider }) => provider).join(' and ')
    return no(`${said} stands in lane ${lane} for models of ${whose}: list it word for word for one of them only`)
  }
  return { ok: true, offer: { lane, provider: first.provider, model } }
}

const whyNone = (lane: Lane, config: LaneConfig): string => {
  const { providers } = policyOf(lane, config)
  const unlisted = unlistedOf(lane, config)
  const cure =
    unlisted.length === 0
      ? ''
      : `; of ${unlisted.join(' and ')} that lane lists no models, and here only listed ones are offered: lanes: {${lane}: {models: {${unlisted[0]}: [<model>]}}}`
  return `is not offered in lane ${lane}, whose data is for ${providers.join(', ')}${cure}`
}
