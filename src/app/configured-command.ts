/** A command of the configuration (set-up or check) made ready for one seat. */
import { isAbsolute, join, normalize } from 'node:path'
import { fillPlaces } from '../domain/command-places.ts'
import { calledProgram, findProgram } from '../process/programs.ts'
import type { BoxErrand } from './box-command.ts'
import type { Host, RunScope } from './host.ts'
import { portsOf, portVariables } from './ports.ts'
import type { Seat } from './seats.ts'
import { operatorPath, pathOf, toolchainOf } from './toolchain.ts'

/** What to start, and what it runs in; null where there is no such program. */
export const commandIn = async (
  host: Host,
  scope: RunScope,
  seat: Seat,
  [word, ...words]: readonly string[],
): Promise<Pick<BoxErrand, 'file' | 'args' | 'env' | 'readable' | 'logins'> | null> => {
  const { env } = host.project
  const file = await programOf(word!, seat.workspace, operatorPath(env))
  if (file === null) return null
  const toolchain = await toolchainOf(scope.config, env)
  const ports = await portsOf(host, scope, seat)
  return {
    file,
    args: fillPlaces(words, { tmp: seat.tmp, ports }),
    env: {
      ...commandEnvironment(seat),
      PATH: pathOf(toolchain, scope.request.containment, env),
      ...toolchain.env,
      ...portVariables(ports),
    },
    readable: toolchain.readable,
    logins: toolchain.logins,
  }
}

/** On the operator's PATH, or a file of the workspace where the word names one (`./gradlew`). */
export const programOf = (word: string, workspace: string, path: string): Promise<string | null> => {
  if (!word.includes('/') || isAbsolute(word)) return findProgram(word, path)
  const file = normalize(join(workspace, word))
  return file.startsWith(`${workspace}/`) ? calledProgram(file, '') : Promise.resolve(null)
}

/** Clean: nothing of the operator's but PATH and language. */
const commandEnvironment = (seat: Seat): Record<string, string> => ({
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
