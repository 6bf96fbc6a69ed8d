/** What goes with every question beside the conversation: the system prompt and the tools, in bytes. */
import { schemaOf, type ToolSpec } from './tools/tool.ts'

export const fixedBytesOf = (system: string, specs: readonly ToolSpec[]): number =>
  Buffer.byteLength(system + JSON.stringify(specs.map(spec => [spec, schemaOf(spec)])))
