/** Completion scripts for three shells, written from the tree of commands. Pure. */
import type { CompletionCommand, CompletionOption, ValueKind } from './completion-tree.ts'

export const shells = ['bash', 'zsh', 'fish'] as const
export type Shell = (typeof shells)[number]

/** Ends with a newline. */
export const completionScript = (shell: Shell, tree: readonly CompletionCommand[]): string => writers[shell](tree)

const childrenOf = (tree: readonly CompletionCommand[], path: readonly string[]): CompletionCommand[] =>
  tree.filter(one => one.path.length === path.length + 1 && path.every((word, at) => one.path[at] === word))

const nameOf = (command: CompletionCommand): string => command.path.at(-1) ?? ''

/** For bash and zsh: between single quotes nothing is special but the quote. */
const quoted = (text: string): string => `'${text.replaceAll("'", `'\\''`)}'`

const listIds = "agentlab runs 2>/dev/null | cut -d' ' -f1"

const ofValue = (
  value: ValueKind,
  ways: { words: (words: string[]) => string; file: string; folder: string; id: string; text: string },
): string => (value.kind === 'words' ? ways.words(value.words) : ways[value.kind])

/** `case` branches that walk from command to command; `at` is the path so far. */
const walkCases = (tree: readonly CompletionCommand[]): string =>
  tree
    .filter(command => command.path.length > 0)
    .map(command => quoted(`${command.path.slice(0, -1).join(' ')}|${nameOf(command)}`))
    .join('|')

const bash = (tree: readonly CompletionCommand[]): string => {
  const reply = (kind: string, words = ''): string => `COMPREPLY=($(compgen ${kind} ${words}-- "$cur")); return`
  const way = (value: ValueKind): string =>
    ofValue(value, {
      words: words => reply('-W', `${quoted(words.join(' '))} `),
      file: reply('-f'),
      folder: reply('-d'),
      id: reply('-W', `"$(${listIds})" `),
      text: 'return',
    })
  const values = tree.flatMap(command =>
    command.options.flatMap(option =>
      option.value === null
        ? []
        : [
            `    ${option.names.map(name => quoted(`${command.path.join(' ')}|${name}`)).join('|')}) ${way(option.value)} ;;`,
          ],
    ),
  )
  const words = tree.map(command => {
    const names = [...childrenOf(tree, command.path).map(nameOf), ...command.options.flatMap(option => option.names)]
    const fixed = command.argument?.kind === 'words' ? command.argument.words : []
    const ids = command.argument?.kind === 'id' ? ` $(${listIds})` : ''
    return `    ${quoted(command.path.join(' '))}) words=${quoted([...fixed, ...names].join(' '))}${ids === '' ? '' : `"${ids}"`} ;;`
  })
  return `# bash completion for agentlab. Load it with: source <(agentlab completion bash)
_agentlab() {
  local cur="\${COMP_WORDS[COMP_CWORD]}" prev="\${COMP_WORDS[COMP_CWORD-1]}" at='' words='' i
  COMPREPLY=()
  for ((i = 1; i < COMP_CWORD; i++)); do
    case "$at|\${COMP_WORDS[i]}" in
      ${walkCases(tree)}) at="\${at:+$at }\${COMP_WORDS[i]}" ;;
    esac
  done
  case "$at|$prev" in
${values.join('\n')}
  esac
  case "$at" in
${words.join('\n')}
  esac
  COMPREPLY=($(compgen -W "$words" -- "$cur"))
}
complete -F _agentlab agentlab
`
}

const zsh = (tree: readonly CompletionCommand[]): string => {
  const entry = (name: string, description: string): string =>
    quoted(`${name.replaceAll(':', '\\:')}:${description.replaceAll(':', '\\:')}`)
  const way = (value: ValueKind): string =>
    ofValue(value, {
      words: words => `entries=(${words.map(quoted).join(' ')}); _describe value entries; return`,
      file: '_files; return',
      folder: '_files -/; return',
      id: `entries=(\${(f)"$(${listIds})"}); _describe run entries; return`,
      text: 'return',
    })
  const values = tree.flatMap(command =>
    command.options.flatMap(option =>
      option.value === null
        ? []
        : [
            `    (${option.names.map(name => quoted(`${command.path.join(' ')}|${name}`)).join('|')}) ${way(option.value)} ;;`,
          ],
    ),
  )
  const words = tree.map(command => {
    const options = command.options.flatMap(option => option.names.map(name => entry(name, option.description)))
    const children = childrenOf(tree, command.path).map(child => entry(nameOf(child), child.description))
    const fixed = command.argument?.kind === 'words' ? command.argument.words.map(quoted) : []
    const ids = command.argument?.kind === 'id' ? `; ids=(\${(f)"$(${listIds})"})` : ''
    return `    (${quoted(command.path.join(' '))}) entries=(${[...fixed, ...children].join(' ')}); options=(${options.join(' ')})${ids} ;;`
  })
  return `#compdef agentlab
# zsh completion for agentlab. Load it with: source <(agentlab completion zsh)
_agentlab() {
  local -a entries options ids
  local at='' i
  for ((i = 2; i < CURRENT; i++)); do
    case "$at|$words[i]" in
      (${walkCases(tree)}) at="\${at:+$at }$words[i]" ;;
    esac
  done
  case "$at|$words[CURRENT-1]" in
${values.join('\n')}
  esac
  case "$at" in
${words.join('\n')}
  esac
  if [[ $words[CURRENT] == -* ]]; then _describe -o option options; return; fi
  (( $#entries )) && _describe command entries
  (( $#ids )) && _describe run ids
}
compdef _agentlab agentlab
`
}

const fishQuoted = (text: string): string => `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`

const fish = (tree: readonly CompletionCommand[]): string => {
  const within = (path: readonly string[], more = ''): string => {
    const seen = path.map(word => `__fish_seen_subcommand_from ${word}`)
    return fishQuoted(
      [...(path.length === 0 ? ['__fish_use_subcommand'] : seen), ...(more === '' ? [] : [more])].join('; and '),
    )
  }
  const value = (kind: ValueKind): string =>
    ofValue(kind, {
      words: words => ` -x -a ${fishQuoted(words.join(' '))}`,
      file: ' -r -F',
      folder: " -x -a '(__fish_complete_directories)'",
      id: ` -x -a '(${listIds.replaceAll("'", "\\'")})'`,
      text: ' -x',
    })
  const option = (path: readonly string[], one: CompletionOption): string => {
    const names = one.names
      .map(name => (name.startsWith('--') ? `-l ${name.slice(2)}` : `-s ${name.slice(1)}`))
      .join(' ')
    const where = path.length === 0 ? '' : ` -n ${within(path)}`
    return `complete -c agentlab${where} ${names}${one.value === null ? '' : value(one.value)} -d ${fishQuoted(one.description)}`
  }
  const lines = tree.flatMap(command => {
    const children = childrenOf(tree, command.path)
    const names = children.map(nameOf).join(' ')
    const condition =
      command.path.length === 0 ? within([]) : within(command.path, `not __fish_seen_subcommand_from ${names}`)
    return [
      ...children.map(
        child => `complete -c agentlab -n ${condition} -a ${nameOf(child)} -d ${fishQuoted(child.description)}`,
      ),
      ...(command.argument === null || command.argument.kind === 'text'
        ? []
        : [`complete -c agentlab -n ${within(command.path)}${value(command.argument)}`]),
      ...command.options.map(one => option(command.path, one)),
    ]
  })
  return `# fish completion for agentlab. Load it with: agentlab completion fish | source
complete -c agentlab -f
${lines.join('\n')}
`
}

const writers: Record<Shell, (tree: readonly CompletionCommand[]) => string> = { bash, zsh, fish }
