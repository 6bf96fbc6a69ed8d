/** The environment every agent CLI gets: made from nothing, holding no secret and nothing of the operator's. */
import { AgentLabError } from '../domain/errors.ts'
import type { AttemptInput } from './worker.ts'

/**
 * The seat's own HOME and TMPDIR, an identity for commits, and git kept from asking, paging and opening editors.
 * AGENTLAB_ROLE marks the process and all it starts, so that `promote` can refuse to run under an agent.
 */
export const baseEnvironment = ({
  seat,
  identity,
  path,
  role,
}: Pick<AttemptInput, 'seat' | 'identity' | 'path' | 'role'>): Record<string, string> => ({
  PATH: path,
  HOME: seat.home,
  TMPDIR: seat.tmp,
  LANG: 'C.UTF-8',
  TERM: 'xterm-256color',
  PAGER: 'cat',
  GIT_PAGER: 'cat',
  GIT_EDITOR: 'true',
  GIT_TERMINAL_PROMPT: '0',
  GIT_CONFIG_NOSYSTEM: '1',
  GIT_AUTHOR_NAME: identity.name,
  GIT_AUTHOR_EMAIL: identity.email,
  GIT_COMMITTER_NAME: identity.name,
  GIT_COMMITTER_EMAIL: identity.email,
  AGENTLAB_ROLE: role,
})

/**
 * How long a CLI itself waits for a server of the operator's, where requests stand in a queue for one slow machine: the
 * run's own limits of silence come first.
 */
export const ownServerPatienceMs = 3_600_000

const modelName = /^[A-Za-z0-9][\w.:/@[\]+-]{0,199}$/

/** The model to ask for, checked so that it can stand in an argument; null leaves the choice to the CLI. */
export const modelOf = (input: AttemptInput, fallback: string | null): string | null => {
  const model = input.model ?? fallback
  if (model !== null && !modelName.test(model))
    throw new AgentLabError(`AgentLab failed on model ${JSON.stringify(model)}: not a model name`, {
      code: 'bad-model-name',
      cure: 'Use letters, digits and . _ : / @ + - [ ] only.',
    })
  return model
}
