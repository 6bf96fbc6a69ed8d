/** The operator's toolchain inside the box: PATH, and the folders that must stay readable for a command to run. */
import { homedir } from 'node:os'
import { delimiter, isAbsolute } from 'node:path'
import { fillPlaces } from '../domain/command-places.ts'
import { findProgram, toolPrefixes } from '../process/programs.ts'
import type { Host, RunScope } from './host.ts'
import { portsOf, portVariables } from './ports.ts'
import type { Seat } from './seats.ts'

export const operatorPath = (host: Host): string =>
  (host.project.env.PATH ?? '/usr/local/bin:/usr/bin:/bin').split(delimiter).filter(isAbsolute).join(delimiter)

/** The words of a configured command after its program, and what it runs in: filled for one seat. */
export const commandIn = async (
  host: Host,
  scope: RunScope,
  seat: Seat,
  command: readonly string[],
): Promise<{ args: string[]; env: Record<string, string> }> => {
  const ports = await portsOf(host, scope, seat)
  return {
    args: fillPlaces(command.slice(1), { tmp: seat.tmp, ports }),
    env: { ...commandEnvironment(host, seat), ...portVariables(ports) },
  }
}

/** A clean environment for set-up and checks: nothing of the operator's but PATH and language. */
const commandEnvironment = (host: Host, seat: Seat): Record<string, string> => ({
  PATH: operatorPath(host),
  HOME: seat.home,
  TMPDIR: seat.tmp,
  LANG: 'C.UTF-8',
  TERM: 'dumb',
  CI: '1',
  NO_COLOR: '1',
  GIT_TERMINAL_PROMPT: '0',
  npm_config_update_notifier: 'false',
  npm_config_fund: 'false',
  npm_config_audit: 'false',
})

export interface FoundProgram {
  file: string
  readable: string[]
}

/** The first word of a command, found on the operator's PATH; null when there is no such program. */
export const findCommand = async (host: Host, word: string): Promise<FoundProgram | null> => {
  const home = host.project.env.HOME ?? homedir()
  const path = operatorPath(host)
  const file = await findProgram(word, path)
  if (file === null) return null
  const node = await findProgram('node', path)
  const readable = [...(await toolPrefixes(file, home)), ...(node === null ? [] : await toolPrefixes(node, home))]
  return { file, readable: [...new Set(readable)] }
}
