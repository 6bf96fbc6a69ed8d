/** What a command line asks for: parsed by commander, and handed on as a command with its options. */
import { readFileSync } from 'node:fs'
import { type Command, CommanderError } from 'commander'
import { assetPath } from '../config/assets.ts'
import { exitCode } from '../domain/errors.ts'
import { cleanText } from '../domain/text.ts'
import type { Answer, Call, GlobalOptions } from './call.ts'
import { buildProgram } from './program.ts'

/** Carries out one command; throws nothing a person could mend. */
type CarryOut = (options: GlobalOptions, work: (call: Call) => Promise<Answer>) => Promise<number>

/** Help, a version or what is wrong with the words is printed by commander itself; all else goes through `carryOut`. */
export const followCommandLine = async (argv: string[], carryOut: CarryOut): Promise<number> => {
  let code: number = exitCode.done
  const program = buildProgram(version(), async work => {
    code = await carryOut(program.opts<GlobalOptions>(), work)
  })
  for (const command of [program, ...program.commands, ...program.commands.flatMap(command => command.commands)]) {
    command
      .exitOverride()
      .showHelpAfterError(`  → ${usageOf(command)} --help`)
      // A misspelt word is repeated, and may hold anything.
      .configureOutput({ writeErr: text => void process.stderr.write(cleanText(text)) })
  }
  try {
    if (argv.length <= 2) program.help({ error: true })
    await program.parseAsync(argv)
    return code
  } catch (error) {
    if (error instanceof CommanderError && error.exitCode === 0) return exitCode.done
    return carryOut(program.opts<GlobalOptions>(), () => Promise.reject(error))
  }
}

/** `agentlab profile install`. */
const usageOf = (command: Command): string =>
  command.parent === null ? command.name() : `${usageOf(command.parent)} ${command.name()}`

const version = (): string => {
  const { version } = JSON.parse(readFileSync(assetPath('package.json'), 'utf8')) as { version: string }
  return version
}
