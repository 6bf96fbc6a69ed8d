/** Pins of runs that have ended: nothing borrows through them once the seats are gone. */
import { readdirSync } from 'node:fs'
import { listPins, readPin, unpinCommit } from '../../git/ref-write.ts'
import { refHolding } from '../../git/rescue-refs.ts'
import { type Ground, runIdIn } from './ground.ts'
import { gone, type Planned, stays } from './planned.ts'

/** `kept`: the seats that stay, by name. */
export const planPins = async (ground: Ground, kept: readonly string[]): Promise<Planned[]> => {
  const planned: Planned[] = []
  for (const name of await listPins(ground.project.repository)) planned.push(await planPin(ground, name, kept))
  return planned
}

const planPin = async (ground: Ground, name: string, keptSeats: readonly string[]): Promise<Planned> => {
  const { repository, paths } = ground.project
  const runId = runIdIn(name)
  const keepsFor = await reasonToKeep(ground, name, runId, keptSeats)
  const item = {
    kind: 'pin' as const,
    name: `refs/agentlab/base/${name}`,
    path: null,
    runId,
    bytes: 0,
    fate: keepsFor === null ? ('remove' as const) : ('keep' as const),
    why: keepsFor ?? 'its run ended, and no seat borrows through it',
  }
  if (keepsFor !== null) return { item, act: null }
  return {
    item,
    act: async () => {
      if (!ground.isStillSo() || borrowers(name, seatsNow(paths.seats)).length > 0)
        return stays('a seat still borrows through it')
      await unpinCommit(repository, name)
      return gone()
    },
  }
}

const reasonToKeep = async (
  ground: Ground,
  name: string,
  runId: string | null,
  keptSeats: readonly string[],
): Promise<string | null> => {
  if (runId === null) return 'it is of no run'
  const standing = ground.standing(runId)
  if (standing === 'atWork') return 'its run is under way'
  if (standing === 'waiting') return 'its run waits for you'
  const [borrower] = borrowers(name, keptSeats)
  if (borrower !== undefined) return `the seat ${borrower} borrows through it`
  if (standing === 'ended') return null
  // Of another data dir, perhaps: without a branch the pin may be all that holds the commit.
  const commit = await readPin(ground.project.repository, name)
  const holder = commit === null ? null : await refHolding(ground.project.repository, commit)
  return holder === null ? 'no branch holds its commit, and its run is not known here' : null
}

/** A run's pin serves all its seats, a task's its own. */
const borrowers = (name: string, seats: readonly string[]): string[] =>
  seats.filter(seat => seat.startsWith(`${name}.`) || seat.startsWith(`${name}-`))

const seatsNow = (seatsDir: string): string[] => {
  try {
    return readdirSync(seatsDir)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return []
    throw error
  }
}
