/** The command line as data for shell completion, read from the commander program itself, so that it can't drift. */
import type { Command } from 'commander'

export type ValueKind = { kind: 'words'; words: string[] } | { kind: 'file' | 'folder' | 'id' | 'text' }

export interface CompletionOption {
  /** `--state`, and `-s` where there is one. */
  names: string[]
  description: string
  /** null: it takes no value. */
  value: ValueKind | null
}

export interface CompletionCommand {
  /** Words after `agentlab`: `[]` for the program, `['profile', 'install']`. */
  path: string[]
  description: string
  options: CompletionOption[]
  /** What its first argument is; null: it takes none. */
  argument: ValueKind | null
}

/** Every visible command, the program first. Options of the program stand on every command. */
export const completionTree = (program: Command): CompletionCommand[] => {
  const shared = optionsOf(program).filter(option => !option.names.includes('--version'))
  const walk = (command: Command, path: string[]): CompletionCommand[] => {
    const own = optionsOf(command)
    const names = new Set(own.flatMap(option => option.names))
    const options =
      path.length === 0 ? own : [...own, ...shared.filter(option => !option.names.some(name => names.has(name)))]
    const first = command.registeredArguments[0]
    return [
      {
        path,
        description: command.description(),
        options,
        argument: first === undefined ? null : valueKind(first.name(), first.argChoices),
      },
      ...command
        .createHelp()
        .visibleCommands(command)
        .filter(child => child.name() !== 'help')
        .flatMap(child => walk(child, [...path, child.name()])),
    ]
  }
  return walk(program, [])
}

const optionsOf = (command: Command): CompletionOption[] =>
  command
    .createHelp()
    .visibleOptions(command)
    .map(option => ({
      names: [option.long, option.short].filter(name => name !== undefined && name !== null),
      description: option.description,
      value:
        option.required || option.optional
          ? valueKind(/[<[]([a-z-]+)/i.exec(option.flags)?.[1] ?? '', option.argChoices)
          : null,
    }))

/** By the name the help gives the value. */
const valueKind = (name: string, choices: readonly string[] | undefined): ValueKind => {
  if (choices !== undefined) return { kind: 'words', words: [...choices] }
  if (name === 'file') return { kind: 'file' }
  if (name === 'dir') return { kind: 'folder' }
  return name === 'id' || name === 'run' || name === 'task' ? { kind: 'id' } : { kind: 'text' }
}
