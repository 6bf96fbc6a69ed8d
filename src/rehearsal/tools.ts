/** Each CLI's own tools, by the names they offer: how an action is put into a call. */
import { join } from 'node:path'
import type { OfferedTool, PastCall, ToolCall } from './conversation.ts'
import { type Action, quoted } from './turns.ts'

interface Shell {
  name: string
  input(command: string, timeoutS: number | null): Record<string, unknown>
}

const timeout = (key: string, timeoutS: number | null) => (timeoutS === null ? {} : { [key]: timeoutS * 1000 })

/** In order of preference. Sources: the tool lists the pinned CLIs send. */
const shells: readonly Shell[] = [
  { name: 'Bash', input: (command, t) => ({ command, description: 'Run the next command', ...timeout('timeout', t) }) },
  { name: 'exec_command', input: cmd => ({ cmd, yield_time_ms: 30_000 }) },
  { name: 'shell_command', input: (command, t) => ({ command, ...timeout('timeout_ms', t) }) },
  { name: 'shell', input: (command, t) => ({ command: ['bash', '-lc', command], ...timeout('timeout_ms', t) }) },
  { name: 'run', input: (command, t) => ({ command, ...(t === null ? {} : { seconds: Math.ceil(t) }) }) },
  { name: 'run_shell_command', input: command => ({ command, description: 'Run the next command' }) },
]

interface FileTool {
  name: string
  form: OfferedTool['form']
  /** null: this tool can't do it. */
  input(path: string, cwd: string | null, content: string): Record<string, unknown> | string | null
}

const absolute = (path: string, cwd: string | null): string => (cwd === null ? path : join(cwd, path))

const writers: readonly FileTool[] = [
  { name: 'Write', form: 'json', input: (path, cwd, content) => ({ file_path: absolute(path, cwd), content }) },
  { name: 'write_file', form: 'json', input: (path, cwd, content) => ({ file_path: absolute(path, cwd), content }) },
  { name: 'write', form: 'json', input: (path, _cwd, content) => ({ path, content }) },
  { name: 'apply_patch', form: 'freeform', input: (path, _cwd, content) => patch(path, content) },
]

const readers: readonly FileTool[] = [
  { name: 'Read', form: 'json', input: (path, cwd) => ({ file_path: absolute(path, cwd) }) },
  { name: 'read_file', form: 'json', input: (path, cwd) => ({ file_path: absolute(path, cwd) }) },
  { name: 'read', form: 'json', input: path => ({ path }) },
]

/** A patch that adds a file; it can't express an empty file, a missing last newline or a carriage return. */
const patch = (path: string, content: string): string | null => {
  if (!content.endsWith('\n') || content.includes('\r')) return null
  const added = content.slice(0, -1).split('\n')
  return ['*** Begin Patch', `*** Add File: ${path}`, ...added.map(line => `+${line}`), '*** End Patch', ''].join('\n')
}

/** The call that does this action with the tools offered, or null when none fits. */
export const callFor = (
  action: Action,
  offered: readonly OfferedTool[],
  cwd: string | null,
  throughShell: boolean,
): ToolCall | null => {
  if (action.kind === 'run') return shellCall(action.command, action.timeoutS, offered)
  if (action.kind === 'read') {
    return fileCall(readers, action.path, '', offered, cwd) ?? shellCall(`cat ${quoted(action.path)}`, null, offered)
  }
  if (action.kind !== 'write') return null
  const own = throughShell ? null : fileCall(writers, action.path, action.content, offered, cwd)
  return own ?? shellCall(writeCommand(action.path, action.content), null, offered)
}

const shellCall = (command: string, timeoutS: number | null, offered: readonly OfferedTool[]): ToolCall | null => {
  const shell = shells.find(({ name }) => offered.some(tool => tool.name === name))
  return shell ? { name: shell.name, form: 'json', input: shell.input(command, timeoutS) } : null
}

const fileCall = (
  tools: readonly FileTool[],
  path: string,
  content: string,
  offered: readonly OfferedTool[],
  cwd: string | null,
): ToolCall | null => {
  for (const { name, form, input } of tools) {
    if (!offered.some(tool => tool.name === name && tool.form === form)) continue
    const value = input(path, cwd, content)
    if (value !== null) return { name, form, input: value }
  }
  return null
}

const writeCommand = (path: string, content: string): string => {
  const slash = path.lastIndexOf('/')
  const parent = slash < 0 ? '' : `mkdir -p ${quoted(path.slice(0, slash))} && `
  return `${parent}printf %s ${quoted(content)} > ${quoted(path)}`
}

/** Codex gives a session's number back when a command outlives its first wait. */
export const runningSession = ({ output }: PastCall): number | null => {
  const found = /^Process running with session ID (\d+)/m.exec(output ?? '')
  return found ? Number(found[1]) : null
}

/** Asks for the rest of a command that is still running. */
export const pollCall = (session: number): ToolCall => ({
  name: 'write_stdin',
  form: 'json',
  input: { session_id: session, chars: '', yield_time_ms: 300_000 },
})
