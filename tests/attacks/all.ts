/** Every attack of the suite: the short form that ships with the program, and more of each family. */
import type { Attack, Guarantee } from '../../src/lanes/walls/attack.ts'
import { guarantees as shortForm } from '../../src/lanes/walls/guarantees.ts'
import { credentials } from './credentials.ts'
import { ending } from './ending.ts'
import { files } from './files.ts'
import { gate } from './gate.ts'
import { kernel } from './kernel.ts'
import { machine } from './machine.ts'
import { network } from './network.ts'
import { processes } from './processes.ts'
import { repository } from './repository.ts'

const more: Record<string, readonly Attack[]> = {
  network,
  gate,
  credentials,
  processes,
  kernel,
  machine,
  ending,
  files,
  repository,
}

/** What of the short form destroys without a box what others need; it comes last. */
const isLast = ({ name }: Attack): boolean =>
  [
    'an object, by a second name for it',
    'main, by its file',
    'packed refs',
    'the alternates',
    'objects, by removing them',
  ].includes(name)

const whole = ({ name, attacks }: Guarantee): Attack[] => {
  const all = [...attacks, ...more[name]!]
  return [...all.filter(attack => !isLast(attack)), ...all.filter(isLast)]
}

export const guarantees: readonly Guarantee[] = shortForm.map(guarantee => ({
  ...guarantee,
  attacks: whole(guarantee),
}))

export const attacks: readonly Attack[] = guarantees.flatMap(guarantee => guarantee.attacks)
