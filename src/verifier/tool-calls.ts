/** Pairs the tool calls of a verifier's stream and says what each is evidence of: reading the change, or running something. */
import type { WorkerEvent } from '../domain/worker-event.ts'
import { simpleCommands } from './shell-words.ts'

export interface ToolCall {
  tool: string
  input: string
  /** null: the stream does not tell whether it worked. */
  ok: boolean | null
  exitCode: number | null
  output: string
}

/** Calls that came to an end, in order. A call that never ended is evidence of nothing. */
export const finishedCalls = (events: readonly WorkerEvent[]): ToolCall[] => {
  const open = new Map<string, { tool: string; input: string }>()
  const calls: ToolCall[] = []
  for (const event of events) {
    if (event.type === 'tool.started') open.set(event.id, { tool: event.tool, input: event.input })
    if (event.type !== 'tool.finished') continue
    const started = open.get(event.id)
    open.delete(event.id)
    if (started !== undefined) calls.push({ ...started, ok: event.ok, exitCode: event.exitCode, output: event.output })
  }
  return calls
}

/** `command_execution`, `Bash`, `run_shell_command`, `exec_command`, `local_shell_call`, `run`… */
export const isCommand = (call: ToolCall): boolean => /bash|shell|command|exec|terminal|^run$/i.test(call.tool)

/** `Read`, `read_file`, `view_image`, `open_file`: tools that show one file they are given. */
const isReadingTool = (call: ToolCall): boolean =>
  /read|view|open/i.test(call.tool) && !/web|url|fetch/i.test(call.tool)

const wordSet = (words: string): ReadonlySet<string> => new Set(words.trim().split(/\s+/))

/** Show names, sizes or states of files, never what stands in them. */
const namesOnly = wordSet(`
  ls find fd tree pwd cd echo printf wc stat file du basename dirname realpath readlink touch
  mkdir cp mv rm chmod true false : sleep date whoami id export set source . which type
  exit uname hostname ln command alias unset trap for case esac done fi function local return
  shift read wait umask ulimit
`)

/** Show what stands in files, and start nothing of the repository. */
const readers = wordSet(`
  cat head tail less more bat nl tac sed awk grep egrep fgrep rg ag sort uniq cut tr column fold
  od xxd hexdump strings jq yq tee md5sum sha256sum sha1sum
`)

const showingGit = wordSet('show diff log blame cat-file grep diff-tree diff-index diff-files format-patch range-diff')
const interpreters = wordSet('python python3 node perl ruby deno bun')

/** The verb of a git command line, whatever stands before it: `git -C dir -c key=value show` gives `show`. */
const gitVerb = (rest: readonly string[]): string | undefined =>
  rest.find((word, at) => !word.startsWith('-') && !/^-[cC]$/.test(rest[at - 1] ?? ''))

/** Whether a simple command prints what stands in files: a reader, a git command that shows contents, a one-liner. */
const prints = (words: readonly string[]): boolean => {
  const [program, ...rest] = words
  if (readers.has(program!) || program === 'diff') return true
  if (interpreters.has(program!)) return rest.some(word => /^-\w*[cepr]$/.test(word))
  if (program !== 'git') return false
  const verb = gitVerb(rest)
  if (verb === undefined || !showingGit.has(verb)) return false
  if (rest.some(word => /^(?:-p|-u|--patch)$/.test(word))) return true
  const isSummary = rest.some(word =>
    /^--(?:stat|shortstat|numstat|name-only|name-status|summary|dirstat)\b/.test(word),
  )
  return verb !== 'log' && !isSummary
}

/** Whether the call did not visibly fail. Providers that tell nothing get the benefit of the doubt. */
const worked = (call: ToolCall): boolean => call.ok !== false && (call.exitCode === null || call.exitCode === 0)

/**
 * Whether a call shows contents of one of `paths`: it worked, it is a kind of call that prints contents, and it names
 * the path in its input or shows it as a diff or a match does. A listing of names or a test run shows nothing.
 */
export const showsContent = (call: ToolCall, paths: readonly string[]): boolean => {
  if (!worked(call)) return false
  if (!isCommand(call)) return isReadingTool(call) && paths.some(path => namesFile(call.input, path))
  const printing = simpleCommands(call.input).filter(prints)
  if (printing.length === 0 || call.output.trim() === '') return false
  return paths.some(
    path => printing.some(words => words.some(word => namesFile(word, path))) || headsContent(call.output, path),
  )
}

/** A diff's header, a match with its line number, or the header `head` and `tail` give several files. */
const headsContent = (output: string, path: string): boolean =>
  output.split('\n').some(line => {
    if (/^(?:diff --git|\+\+\+|---|==>) /.test(line)) return namesFile(line, path)
    return line.startsWith(path) && /^[:-]\d+[:-]/.test(line.slice(path.length))
  })

/** The path as a whole word of the output, so that `a.ts` is not found in `data.ts`. */
const namesFile = (output: string, path: string): boolean => {
  for (let at = output.indexOf(path); at >= 0; at = output.indexOf(path, at + 1)) {
    const before = output.slice(Math.max(0, at - 1), at)
    const after = output.slice(at + path.length, at + path.length + 2)
    if (!/[\w.-]/.test(before) && !/^(?:[\w/-]|\.\w)/.test(after)) return true
  }
  return false
}

/**
 * Whether a call ran something beyond reading: a command that started, at least one program of which is neither a
 * reader nor a mere listing. A command that failed counts (a failing test is evidence); one that could not start does not.
 */
export const ranSomething = (call: ToolCall): boolean => {
  if (!isCommand(call)) return false
  if (call.exitCode === 126 || call.exitCode === 127) return false
  if (call.ok === false && call.exitCode === null) return false
  if (call.exitCode === null && /Exit Code: 12[67]\b|command not found|not found\. Did you mean/.test(call.output))
    return false
  return simpleCommands(call.input).some(isRun)
}

const askingGit = wordSet(`
  show diff log blame cat-file grep diff-tree diff-index diff-files format-patch range-diff status branch tag
  rev-parse rev-list ls-files ls-tree describe shortlog reflog name-rev merge-base for-each-ref show-ref remote config
`)

/** Neither a reader nor a listing nor a question to git or for a version; `grep -q` reads nothing out, it tests. */
const isRun = (words: readonly string[]): boolean => {
  if (/^[ef]?grep$/.test(words[0]!) && words.some(word => /^-\w*q|^--(?:quiet|silent)$/.test(word))) return true
  if (words[0] === 'git' && askingGit.has(gitVerb(words.slice(1)) ?? 'status')) return false
  return !readers.has(words[0]!) && !namesOnly.has(words[0]!) && !asksVersion(words)
}

const asksVersion = (words: readonly string[]): boolean =>
  words.length === 2 && /^(?:-v|-V|--version|--help|-h)$/.test(words[1]!)
