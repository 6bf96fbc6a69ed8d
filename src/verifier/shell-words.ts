/** Which programs a tool's one-line shell command starts. A reading for judging evidence, not a shell. */

/** The simple commands of a line, each as its words: `bash -lc 'cd x && npm test | tail'` gives cd, npm and tail. */
export const simpleCommands = (line: string): string[][] => {
  const commands = splitCommands(line.replace(hereDocument, '$<rest>')).map(startedWords).filter(isStart)
  return commands.flatMap(words => {
    const inner = shellScript(words)
    return inner === null ? [words] : simpleCommands(inner)
  })
}

/** The marker's line stays, the body goes: text that is fed to a program is not a command. */
const hereDocument = /(?<!<)<<-?\s*(?:(['"]?)(?<end>\w+)\1)(?<rest>[^\n]*)\n[\s\S]*?(?:\n\s*\k<end>(?=\n|$)|$)/g

/** `2>&1` leaves a lone `1` behind the cut; no program is called so. */
const isStart = (words: readonly string[]): boolean => words.length > 0 && /^[A-Za-z_.:[]/.test(words[0]!)

/** Cuts at `;`, `&`, `|`, newlines and brackets outside quotes, and into words at blanks. */
const splitCommands = (line: string): string[][] => {
  const commands: string[][] = [[]]
  let word = ''
  let inWord = false
  let quote = ''
  const endWord = (): void => {
    if (inWord) commands.at(-1)!.push(word)
    word = ''
    inWord = false
  }
  for (let index = 0; index < line.length; index++) {
    const char = line[index]!
    if (quote !== '') {
      if (char === quote) quote = ''
      else if (char === '\\' && quote === '"' && index + 1 < line.length) word += line[++index]!
      else word += char
    } else if (char === "'" || char === '"') {
      quote = char
      inWord = true
    } else if (char === '\\' && index + 1 < line.length) {
      word += line[++index]!
      inWord = true
    } else if (char === '#' && !inWord) {
      while (index + 1 < line.length && line[index + 1] !== '\n') index++
    } else if (';&|\n()'.includes(char)) {
      endWord()
      commands.push([])
    } else if (/\s/.test(char)) endWord()
    else {
      word += char
      inWord = true
    }
  }
  endWord()
  return commands
}

const wrappers = new Set(
  ['env', 'time', 'nohup', 'exec', 'sudo', 'xargs'].concat(['then', 'do', 'else', '!', '{', 'if', 'while', 'until']),
)

/** The words from the program on: assignments, redirections and wrappers such as `env` or `timeout 5` are left out. */
const startedWords = (words: string[]): string[] => {
  const first = words[0]
  if (first === undefined) return []
  if (wrappers.has(first)) return startedWords(words.slice(1).slice(leadingFlags(words.slice(1))))
  if (/^[A-Za-z_]\w*=/.test(first) || /^\d*[<>]/.test(first)) return startedWords(words.slice(1))
  if (first === 'timeout')
    return startedWords(words.slice(1).filter((word, at, all) => !isTimeoutOption(all, word, at)))
  return [first.split('/').at(-1)!, ...words.slice(1)]
}

/** Flags, durations and signal names before the program that `timeout` starts. */
const isTimeoutOption = (words: readonly string[], word: string, at: number): boolean =>
  words.slice(0, at + 1).every(one => /^-|^\d+(?:\.\d+)?[smhd]?$/.test(one)) && word !== ''

const leadingFlags = (words: readonly string[]): number => {
  const at = words.findIndex(word => !word.startsWith('-'))
  return at < 0 ? words.length : at
}

/** What a line that is nothing but `bash -lc '<script>'` runs, or null. */
export const innerScript = (line: string): string | null => {
  const commands = splitCommands(line).map(startedWords).filter(isStart)
  return commands.length === 1 ? shellScript(commands[0]!) : null
}

const shells = new Set(['sh', 'bash', 'zsh', 'dash'])

/** The script of `bash -lc '<script>'`, or null. */
const shellScript = (words: string[]): string | null => {
  if (!shells.has(words[0]!)) return null
  const flag = words.findIndex((word, at) => at > 0 && /^-[a-z]*c[a-z]*$/.test(word))
  return flag < 0 ? null : (words[flag + 1] ?? null)
}
