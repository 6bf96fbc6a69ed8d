/** What is said of a set-up that failed, beside what it printed: what it could not reach or see, and what to write where. */
import type { Lane } from '../../domain/lane.ts'
import { many } from '../../domain/measures.ts'
import { cleanLine } from '../../domain/text.ts'
import type { RefusalReason, Refused } from '../../lanes/registry-proxy/registry-proxy.ts'
import type { SetupReach } from '../../lanes/setup-reach.ts'

export interface FailedSetup {
  lane: Lane
  reach: SetupReach | null
  refused: readonly Refused[]
  inputs: readonly string[]
}

const operatorFile = '~/.config/agentlab/config.yaml'

/** Whole sentences, the likeliest reason first; none where nothing is known of one. */
export const setupHints = (failure: FailedSetup): string[] => [
  ...unlistedHint(failure),
  ...failure.refused.flatMap(one => otherHint(one)),
  ...sightHint(failure),
]

const asked = (refused: readonly Refused[], reason: RefusalReason): string[] =>
  refused.filter(one => one.reason === reason && one.place !== '').map(({ place }) => cleanLine(place, 260))

const unlistedHint = ({ lane, reach, refused }: FailedSetup): string[] => {
  const places = asked(refused, 'notListed').map(place => place.replace(/:443$/, ''))
  if (places.length === 0 || reach === null) return []
  const what = `The set-up asked for ${places.join(', ')}`
  if (reach.none === 'noInputs')
    return [`${what}, and has no network: it declares no inputs, so it sees the whole tree.`]
  const cure = `If it may, add to lanes.${lane}.registries in ${operatorFile}: ${places.join(', ')}`
  return [`${what}, which ${places.length === 1 ? 'is' : 'are'} not listed. ${cure}`]
}

const otherHint = ({ place, reason }: Refused): string[] => {
  const at = cleanLine(place, 260)
  switch (reason) {
    case 'privateAddress':
      return [`${at} leads into a private network: list its address instead of its name, or make it the lane's mirror.`]
    case 'unknownHost':
      return [`${at} is listed, and its name has no address on this machine.`]
    case 'unreachable':
      return [`${at} is listed, and did not answer.`]
    case 'tooMuch':
      return ['The set-up was cut off: it sent, fetched or opened more than a set-up may.']
    default:
      return []
  }
}

const sightHint = ({ lane, reach, inputs }: FailedSetup): string[] => {
  if (reach === null || reach.none === 'asked') return []
  if (reach.none === 'noInputs')
    return [
      'Name the files it reads in agentlab.yaml (setup.inputs): it gets a copy of those, and the listed registries.',
    ]
  if (reach.none === 'unlisted' && lane === 'private')
    return [
      `In lane private a set-up has no network but a mirror of your own: lanes.private.mirror in ${operatorFile}, such as http://127.0.0.1:4873`,
    ]
  if (reach.none === 'unlisted') return []
  return [
    `With a network it sees nothing but its ${many(inputs.length, 'declared input')} (${cleanLine(inputs.join(', '), 120)}): what else it reads has to be among setup.inputs in agentlab.yaml. If it needs no network: setup.network: none, and it sees the whole tree.`,
  ]
}
