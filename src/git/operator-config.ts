/** What the operator's own git config says: who they are. Read by a call of its own, never applied to our calls. */
import { type GitPlace, git } from './exec.ts'

export interface Identity {
  name: string
  email: string
}

/** The author AgentLab's own commits carry. */
export const agentLabIdentity: Identity = { name: 'AgentLab', email: 'agentlab@localhost' }

/** One value of the operator's config as seen in this repository (system, global, local), or null. */
export const operatorSetting = async (place: GitPlace, key: string): Promise<string | null> => {
  const { exitCode, stdout } = await git(place, ['config', '-z', '--get', key], { as: 'operator' })
  return exitCode === 0 ? stdout.toString('utf8').replace(/\0$/, '') : null
}

/** The operator's `user.name` and `user.email`, or null where one is not set. */
export const operatorIdentity = async (place: GitPlace): Promise<Identity | null> => {
  const [name, email] = await Promise.all([operatorSetting(place, 'user.name'), operatorSetting(place, 'user.email')])
  return name && email ? { name, email } : null
}
