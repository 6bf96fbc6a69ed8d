/** What a set-up may reach over the network, and what of the repository it sees for it. Pure. */
import type { SetupDefinition } from '../config/effective.ts'
import type { LanePolicy } from './policy.ts'
import { mirrorIn, type Registry, registryIn } from './registry-proxy/address.ts'

/** `asked`: the repository wants none. `unlisted`: the lane has nothing. `noInputs`: it does, but no inputs are declared. */
export type NoNetwork = 'asked' | 'unlisted' | 'noInputs'

export interface SetupReach {
  /** Empty: it has no network, and sees the whole tree. Else it sees nothing but its declared inputs. */
  registries: readonly Registry[]
  mirror: string | null
  /** Why it has no network; null: it has one. */
  none: NoNetwork | null
}

/** A script that sees the source could send it to any host it reaches: a set-up has the one or the other. */
export const setupReach = (
  { registries, mirror }: Pick<LanePolicy, 'registries' | 'mirror'>,
  setup: Pick<SetupDefinition, 'inputs' | 'network'>,
): SetupReach => {
  const places = [...registries.map(registryIn), ...(mirror === null ? [] : [mirrorIn(mirror)])].filter(
    one => one !== null,
  )
  const none =
    setup.network === 'none'
      ? 'asked'
      : places.length === 0
        ? 'unlisted'
        : setup.inputs.length === 0
          ? 'noInputs'
          : null
  return none === null ? { registries: places, mirror, none } : { registries: [], mirror: null, none }
}

/** The places a set-up may reach as people write them: a port of 443 goes without saying. */
export const hostsOf = ({ registries }: SetupReach): string[] =>
  registries.map(({ host, port }) => (port === 443 ? host : `${host}:${port}`))
