/** `doctor` on the set-up: which registries it may reach in the repository's lane, or why none. */
import { boxedReach, hostsReached } from '../app/environment/set-up-network.ts'
import type { EffectiveConfig } from '../config/effective.ts'

interface SetupDiagnosis {
  what: 'set-up'
  status: 'ok' | 'warn'
  detail: string
  cure?: string
}

/** Nothing where no set-up is configured. */
export const setupDiagnoses = (config: EffectiveConfig): SetupDiagnosis[] => {
  const { lane } = config
  const reach = boxedReach(config, lane)
  if (reach === null) return []
  const none = `in lane ${lane} it has no network`
  const say = (detail: string, more: Partial<SetupDiagnosis> = {}): SetupDiagnosis[] => [
    { what: 'set-up', status: 'ok', detail, ...more },
  ]
  switch (reach.none) {
    case null:
      return say(
        `in lane ${lane} it may reach ${hostsReached(config, lane)?.join(', ')}, and sees a copy of its declared inputs alone`,
      )
    case 'asked':
      return say(`${none}, as agentlab.yaml wants it, and sees the whole tree`)
    case 'noInputs':
      return say(`${none}: it declares no inputs, so it sees the whole tree`, {
        status: 'warn',
        cure: 'Name the files it reads in agentlab.yaml, under setup.inputs; then it may reach what the lane lists.',
      })
    case 'unlisted':
      return say(`${none}: nothing is listed, so it sees the whole tree`, {
        cure: `If it needs one: lanes.${lane}.${lane === 'private' ? 'mirror' : 'registries'} in ~/.config/agentlab/config.yaml`,
      })
  }
}
