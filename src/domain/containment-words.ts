/** What held the agents of a run, as the receipts and `show` say it. */
import { many } from './measures.ts'
import type { RunView } from './run-view.ts'

type Held = Pick<RunView, 'containment' | 'network' | 'asRoot' | 'shutTools'>

export const containmentWords = (view: Held): string => {
  const reach = view.network === 'gate' ? 'no network but the gate to the models' : 'network shared'
  const held =
    view.containment === 'unboxed' ? 'UNBOXED: nothing held the agents' : `boxed by the operating system, ${reach}`
  return [held, ...rootWords(view), ...shutWords(view)].join('; ')
}

const rootWords = ({ asRoot }: Held): string[] =>
  asRoot ? ['as root: a flaw of the kernel gives away the machine'] : []

/** Which ones, `doctor` says: their names are the operator's. */
const shutWords = ({ shutTools }: Held): string[] =>
  shutTools === undefined ? [] : [`${many(shutTools, 'folder')} of your tools left out (agentlab doctor says why)`]

/** The same for a line that has little room. */
export const shortContainment = ({ containment, asRoot, shutTools }: Held): string =>
  `${containment}${asRoot ? ', as root' : ''}${shutTools === undefined ? '' : `, without ${many(shutTools, 'folder')} of your tools`}`
