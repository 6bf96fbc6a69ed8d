/**
 * From a call as a model wrote it to one that can be carried out. What is unambiguous is mended and said; anything else
 * comes back with the reason, in words the model can act on. Pure.
 */
import { looseObject, objectsIn } from './loose-json.ts'
import { type Parameter, signatureOf, type ToolSpec } from './tools/tool.ts'
import type { Call } from './turns.ts'
import type { RawCall } from './wire/wire.ts'

export type Understood =
  | { ok: true; call: Call; mended: string[] }
  /** `call` is what stands in the conversation for it. */
  | { ok: false; call: Call; reason: string }

/** Names other agents give the same tool. */
const otherNames: Record<string, string> = {
  read_file: 'read',
  view: 'read',
  open: 'read',
  cat: 'read',
  write_file: 'write',
  create_file: 'write',
  edit_file: 'edit',
  str_replace: 'edit',
  apply_patch: 'edit',
  bash: 'run',
  shell: 'run',
  sh: 'run',
  execute: 'run',
  exec: 'run',
  run_command: 'run',
  terminal: 'run',
  grep: 'search',
  search_files: 'search',
  ls: 'list',
  list_files: 'list',
  list_dir: 'list',
  list_directory: 'list',
}

/** Names other agents give the same parameter; used only where the tool has the one and was not given it. */
const otherParameters: Record<string, string> = {
  file_path: 'path',
  filepath: 'path',
  filename: 'path',
  file: 'path',
  directory: 'path',
  dir: 'path',
  cmd: 'command',
  old_string: 'old',
  old_str: 'old',
  old_text: 'old',
  new_string: 'new',
  new_str: 'new',
  new_text: 'new',
  replace_all: 'all',
  diff: 'patch',
  text: 'content',
  contents: 'content',
  regex: 'pattern',
  query: 'pattern',
  start_line: 'from',
  offset: 'from',
  limit: 'count',
  timeout: 'seconds',
  timeout_seconds: 'seconds',
}

export const understand = (raw: RawCall, specs: readonly ToolSpec[]): Understood => {
  const read = raw.input.trim() === '' ? { value: {}, isStrict: true } : looseObject(raw.input)
  const spec = specNamed(raw.name, specs)
  const stand: Call = { id: raw.id, name: spec?.name ?? (raw.name || 'none'), input: read?.value ?? {} }
  if (spec === undefined) {
    const names = specs.map(one => one.name).join(', ')
    return { ok: false, call: stand, reason: `There is no tool "${raw.name}". The tools are: ${names}.` }
  }
  if (read === null) {
    const said = raw.input.slice(0, 200)
    return {
      ok: false,
      call: stand,
      reason: `The arguments are not JSON: ${said}\nCall it like this: ${signatureOf(spec)}, with one JSON object.`,
    }
  }
  const mended = [
    ...(spec.name === raw.name ? [] : [`${raw.name} is called ${spec.name}`]),
    ...(read.isStrict ? [] : ['the arguments were not quite JSON']),
  ]
  const { input, problems } = fitted(read.value, spec, mended)
  if (problems.length > 0)
    return { ok: false, call: { ...stand, input }, reason: `${problems.join('; ')}. It is ${signatureOf(spec)}.` }
  return { ok: true, call: { ...stand, input }, mended }
}

const specNamed = (name: string, specs: readonly ToolSpec[]): ToolSpec | undefined => {
  const bare = name
    .toLowerCase()
    .replace(/^(?:functions?|tools?|default_api)[.:]/, '')
    .replace(/[\s-]+/g, '_')
  const meant = otherNames[bare] ?? bare
  return specs.find(spec => spec.name === meant)
}

/** The given values under the tool's own names and in its types. What it has no parameter for is left out. */
const fitted = (given: Record<string, unknown>, spec: ToolSpec, mended: string[]) => {
  const values = nested(given, spec)
  const input: Record<string, unknown> = {}
  const problems: string[] = []
  for (const [key, value] of Object.entries(values)) {
    const own = ownName(key, values, spec)
    if (own === null || value === null || value === undefined) continue
    if (own !== key) mended.push(`${key} is called ${own}`)
    const meant = inType(value, spec.parameters[own]!, own)
    if (meant === undefined)
      problems.push(
        `${own} must be ${spec.parameters[own]!.type === 'integer' ? 'a whole number' : `a ${spec.parameters[own]!.type}`}`,
      )
    else {
      if (meant !== value) mended.push(`${own} was given as ${Array.isArray(value) ? 'a list' : `a ${typeof value}`}`)
      input[own] = meant
    }
  }
  for (const [name, { isRequired }] of Object.entries(spec.parameters))
    if (isRequired && input[name] === undefined && !problems.some(problem => problem.startsWith(`${name} `)))
      problems.push(`${name} is missing`)
  return { input, problems }
}

/** `{ "arguments": { … } }` around the arguments themselves. */
const nested = (given: Record<string, unknown>, spec: ToolSpec): Record<string, unknown> => {
  const keys = Object.keys(given)
  const inner = keys.length === 1 ? given[keys[0]!] : null
  const isWrapper =
    ['arguments', 'parameters', 'input', 'args'].includes(keys[0] ?? '') && !(keys[0]! in spec.parameters)
  return isWrapper && typeof inner === 'object' && inner !== null && !Array.isArray(inner)
    ? (inner as Record<string, unknown>)
    : given
}

const ownName = (key: string, given: Record<string, unknown>, { parameters }: ToolSpec): string | null => {
  if (Object.hasOwn(parameters, key)) return key
  const meant = Object.hasOwn(otherParameters, key) ? otherParameters[key]! : null
  return meant !== null && Object.hasOwn(parameters, meant) && given[meant] === undefined ? meant : null
}

/** undefined: it can't be meant. */
const inType = (value: unknown, { type }: Parameter, name: string): unknown => {
  if (type === 'integer') {
    const number = typeof value === 'string' && /^\s*\d+\s*$/.test(value) ? Number(value) : value
    return Number.isSafeInteger(number) ? number : undefined
  }
  if (type === 'boolean') {
    if (typeof value === 'string' && /^(?:true|false)$/i.test(value)) return value.toLowerCase() === 'true'
    return typeof value === 'boolean' ? value : undefined
  }
  if (typeof value === 'string') return value
  if (typeof value === 'number') return String(value)
  if (!Array.isArray(value) || !value.every(item => typeof item === 'string')) return undefined
  // Words of a command line, or lines of a text.
  if (name === 'command') return commandLine(value)
  return name === 'path' ? (value.length === 1 ? value[0] : undefined) : value.join('\n')
}

/** `["bash", "-lc", "a | b"]` is the line a | b; other lists are words, quoted. */
const commandLine = (words: readonly string[]): string =>
  words.length === 3 && /^(?:ba|z|da)?sh$/.test(words[0]!) && /^-l?c$/.test(words[1]!)
    ? words[2]!
    : words.map(word => (/^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`)).join(' ')

/** A call that a model wrote into its text instead of making it: the only one there, or none. */
export const callInProse = (text: string, specs: readonly ToolSpec[]): Omit<RawCall, 'id'> | null => {
  const calls = objectsIn(text).flatMap(candidate => {
    const object = looseObject(candidate)?.value
    const named = object?.name ?? object?.tool ?? object?.function
    const given = object?.arguments ?? object?.parameters ?? object?.input ?? object?.args
    if (typeof named !== 'string' || given === undefined || specNamed(named, specs) === undefined) return []
    return [{ name: named, input: typeof given === 'string' ? given : JSON.stringify(given) }]
  })
  return calls.length === 1 ? calls[0]! : null
}
