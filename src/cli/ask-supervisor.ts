/** Sends an operator's command and gives its answer, or refuses in the supervisor's words. */
import { type Project, type SendOptions, sendCommand } from '../app.ts'
import { AgentLabError } from '../domain/errors.ts'
import type { CommandAnswer, RunCommand } from '../store/commands.ts'

/**
 * `who` is the command as it was typed: `cancel`. `cure` is the line to type when it is refused.
 * @throws AgentLabError `command-refused`
 */
export const askSupervisor = async (
  project: Project,
  command: RunCommand,
  who: string,
  options: { send?: SendOptions; cure?: string } = {},
): Promise<CommandAnswer> => {
  const answer = await sendCommand(project, command, options.send)
  if (answer.accepted) return answer
  throw new AgentLabError(`${who} failed on ${command.runId}: ${answer.text}`, {
    code: 'command-refused',
    cure: options.cure ?? `See where it stands: agentlab show ${command.runId}`,
  })
}
