/** The prices money is reckoned by: those that ship with the program, and the operator's own over them. */
import { readFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { AgentLabError, exitCode } from '../domain/errors.ts'
import { PriceList } from '../domain/prices.ts'
import { assetPath } from './assets.ts'
import { operatorConfigPath } from './load.ts'
import { parseYaml } from './yaml.ts'

/** `prices.yaml` beside the operator's config.yaml. */
export const operatorPricesPath = (env: NodeJS.ProcessEnv): string =>
  join(dirname(operatorConfigPath(env)), 'prices.yaml')

/** The shipped list, then the operator's; of two entries for one model the later counts. @throws AgentLabError `invalid-file` | `prices-unreadable` */
export const loadPrices = async (env: NodeJS.ProcessEnv): Promise<PriceList> => {
  const shipped = assetPath('profiles/prices.yaml')
  const own = operatorPricesPath(env)
  const lists = [
    parseYaml(await readFile(shipped, 'utf8'), 'profiles/prices.yaml', PriceList),
    parseYaml(await readOwn(own), own, PriceList),
  ]
  return { prices: lists.flatMap(list => list.prices) }
}

const readOwn = async (path: string): Promise<string> => {
  try {
    return await readFile(path, 'utf8')
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code
    if (code === 'ENOENT' || code === 'ENOTDIR') return ''
    throw new AgentLabError(`agentlab failed on reading ${path}: ${code ?? 'unknown reason'}`, {
      code: 'prices-unreadable',
      cure: `Make ${path} a readable regular file, or move it away.`,
      exit: exitCode.wrongUse,
      cause: error,
    })
  }
}
