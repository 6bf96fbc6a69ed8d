/** What the walls of a lane promise, each with the short form of the attacks on it. */
import type { Guarantee } from './attack.ts'
import { credentials } from './credentials.ts'
import { ending } from './ending.ts'
import { files } from './files.ts'
import { gate } from './gate.ts'
import { kernel } from './kernel.ts'
import { machine } from './machine.ts'
import { network } from './network.ts'
import { processes } from './processes.ts'
import { repository } from './repository.ts'

/**
 * In the order they are tried. The repository comes last: without a box its attacks destroy what the others need.
 */
export const guarantees: readonly Guarantee[] = [
  network,
  gate,
  credentials,
  processes,
  kernel,
  machine,
  ending,
  files,
  repository,
]
