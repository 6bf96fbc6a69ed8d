/**
 * What a body may not ask a provider for, the same in every lane: to reach out to somebody else (a search engine, a
 * page, an MCP server, a picture by its address), and to read or keep what lies in the operator's account beside this
 * request. Each would be a road around the wall, for no lane's list of providers names those others.
 */
import type { Wire } from './route-table.ts'

/** One name for all spellings a provider may take for the same: any case (Go reads so), with and without `_` (Google). */
export const canonical = (key: string): string => key.toLowerCase().toUpperCase().replaceAll('_', '')

/** By their canonical names. */
export const keySet = (...names: string[]): ReadonlySet<string> => new Set(names.map(canonical))

/** Must not stand at the top of a body. What says no by itself (null, false) passes. */
export const refusedAtTop: Record<Wire, ReadonlySet<string>> = {
  anthropic: keySet('container'),
  openai: keySet('conversation', 'background', 'prompt', 'store'),
  google: keySet(),
  chat: keySet('web_search_options', 'store'),
  ollama: keySet(),
}

/** Must not stand anywhere: what it names lies elsewhere. */
export const refusedAnywhere = keySet(
  'mcp_servers',
  'previous_response_id',
  'cachedContent',
  'file_id',
  'file_url',
  'fileUri',
)

/** Tools that run where the CLI runs or with the provider alone; a kind that is not here is refused, a new one too. */
export const allowedTool: Record<Wire, RegExp> = {
  anthropic: /^(?:custom|(?:bash|text_editor|computer|memory)_\d{8}|tool_search_tool_(?:regex|bm25)(?:_\d{8})?)$/,
  openai: /^(?:function|custom|namespace|local_shell|apply_patch|tool_search)$/,
  google: /^functionDeclarations$|^function_declarations$/,
  chat: /^(?:function|custom)$/,
  ollama: /^(?:function|custom)$/,
}

/** Types of a part of a conversation that stand for something elsewhere, or bring a tool in by the back door. */
export const refusedPart =
  /^(?:item_reference|container_upload|mcp_toolset|mcp_approval_response|(?:web_search|web_fetch|code_execution|advisor)_\d{8})$/

/** Where a picture or document comes from (Anthropic's `source`): never by its address or its id. */
export const allowedSource = /^(?:base64|text|content)$/

/** Free forms that no provider reads as more than data: schemas, a tool's input and output. */
export const opaqueKeys = keySet('arguments', 'schema', 'json_schema', 'format', 'responseSchema', 'responseJsonSchema')

/** The same below one parent only. */
export const opaqueBelow: Readonly<Record<string, string>> = {
  [canonical('functionCall')]: canonical('args'),
  [canonical('functionResponse')]: canonical('response'),
}
