/** What is said of a run's walls before it is asked for: where they are missing or thinner than the operator may think. */

import { plainServers } from '../app/own-servers.ts'
import { shutToolFolders } from '../app/tool-folder.ts'
import type { Project, RunWish } from '../app.ts'
import { cleanLine } from '../domain/text.ts'

/** Whole sentences, one a line; none where there is nothing to say. */
export const startNotices = async (
  project: Project,
  wish: Pick<RunWish, 'unboxed' | 'scenarioText' | 'lane' | 'workers'>,
): Promise<string[]> => {
  const { effective } = project.config
  const shut = wish.unboxed ? [] : await shutToolFolders(effective.tools, project.env)
  return [
    ...(wish.unboxed
      ? ['UNBOXED: nothing keeps the agents from the rest of this machine. The receipt will say so.']
      : []),
    ...(process.getuid?.() === 0 ? [rootLine] : []),
    ...shut.map(
      ({ path, refused }) =>
        `Left out of every box: ${cleanLine(path)}, of your tools: ${refused}. Change tools in ~/.config/agentlab/config.yaml.`,
    ),
    ...(wish.scenarioText === null ? plainServers(wish, effective) : []).map(
      ({ name, url }) => `Plain http to server ${name} (${url}): nothing but your tunnel encrypts what is sent there.`,
    ),
  ]
}

const rootLine =
  'As root: the box holds, but what a flaw of the kernel would give away is this whole machine. Better an ordinary user.'
