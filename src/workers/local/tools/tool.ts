/** What a tool of the local loop is: a description the model reads, and a function that never throws for its input. */

export interface Parameter {
  type: 'string' | 'integer' | 'boolean'
  description: string
  isRequired?: true
}

/** What the model is told. */
export interface ToolSpec {
  name: string
  description: string
  parameters: Readonly<Record<string, Parameter>>
}

export interface Outcome {
  ok: boolean
  /** Of a command; null otherwise. */
  exitCode: number | null
  text: string
}

/** Where tools work: the checkout, and what their commands get. */
export interface Place {
  workspace: string
  tmp: string
  env: Record<string, string>
}

/** `reads`: the same call on the same files gives the same result. `changes`: it writes files. `runs`: anything. */
export type ToolKind = 'reads' | 'changes' | 'runs'

export interface Tool {
  spec: ToolSpec
  kind: ToolKind
  /** Input has the parameters' types. May throw for what the disk does; the toolbox makes a result of it. */
  act(input: Record<string, unknown>, place: Place): Promise<Outcome>
}

export const done = (text: string): Outcome => ({ ok: true, exitCode: null, text })
export const failed = (text: string): Outcome => ({ ok: false, exitCode: null, text })

/** A tool's input as JSON schema. */
export const schemaOf = ({
  parameters,
}: ToolSpec): { type: 'object'; properties: Record<string, unknown>; required: string[] } => ({
  type: 'object',
  properties: Object.fromEntries(
    Object.entries(parameters).map(([name, { type, description }]) => [name, { type, description }]),
  ),
  required: Object.keys(parameters).filter(name => parameters[name]?.isRequired),
})

/** `edit(path: string, old: string, all?: boolean)`: how a wrong call is told what the right one looks like. */
export const signatureOf = ({ name, parameters }: ToolSpec): string =>
  `${name}(${Object.entries(parameters)
    .map(([key, { type, isRequired }]) => `${key}${isRequired ? '' : '?'}: ${type}`)
    .join(', ')})`
