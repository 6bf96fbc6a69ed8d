/** What a body may not ask a provider for: each road past the wall is refused by the name of its field. */
import fc from 'fast-check'
import { afterEach, describe, expect, test } from 'vitest'
import { bodyFault } from '../../src/lanes/gateway/body-check.ts'
import { matchRoute } from '../../src/lanes/gateway/routes.ts'
import { grantFor, post, startMetered, startUpstream } from './upstream.ts'

const open: { close(): Promise<void> }[] = []
afterEach(async () => {
  for (const thing of open.splice(0)) await thing.close()
})

const paths = {
  anthropic: '/anthropic/v1/messages',
  openai: '/openai/v1/responses',
  google: '/google/v1beta/models/g:generateContent',
  chat: '/local/v1/chat/completions',
  ollama: '/local/api/chat',
} as const
type Wire = keyof typeof paths

const faultOf = (wire: Wire, body: object): string | null =>
  bodyFault(matchRoute('POST', paths[wire])!.route, { ...body })

const user = (...content: object[]) => ({ messages: [{ role: 'user', content }] })
const input = (...content: object[]) => ({ input: [{ type: 'message', role: 'user', content }] })
const contents = (...parts: object[]) => ({ contents: [{ role: 'user', parts }] })
const address = 'https://evil.example/x.png?secret'

/** The wire, what it is, a body, and the field that is named. */
const roads: [Wire, string, object, string][] = [
  ['anthropic', 'an MCP server', { mcp_servers: [{ type: 'url', url: address }] }, 'mcp_servers'],
  ['anthropic', 'a container', { container: 'container_01' }, 'container'],
  ['anthropic', 'a web search', { tools: [{ type: 'web_search_20250305', name: 'web_search' }] }, 'tools[0]'],
  ['anthropic', 'a page', { tools: [{ name: 'x' }, { type: 'web_fetch_20250910', name: 'web_fetch' }] }, 'tools[1]'],
  ['anthropic', 'code at the provider', { tools: [{ type: 'code_execution_20250825', name: 'c' }] }, 'tools[0]'],
  ['anthropic', 'tools of an MCP server', { tools: [{ type: 'mcp_toolset', mcp_server_name: 'x' }] }, 'tools[0]'],
  ['anthropic', 'another model as adviser', { tools: [{ type: 'advisor_20260301', model: 'm' }] }, 'tools[0]'],
  ['anthropic', 'a tool nobody knows yet', { tools: [{ type: 'teleport_20300101' }] }, 'tools[0]'],
  [
    'anthropic',
    'a picture by its address',
    user({ type: 'image', source: { type: 'url', url: address } }),
    'messages[0].content[0].source.type',
  ],
  [
    'anthropic',
    'a document by its id',
    user({ type: 'document', source: { type: 'file', file_id: 'file_1' } }),
    'messages[0].content[0].source.type',
  ],
  [
    'anthropic',
    'a picture by its address in the result of a tool',
    user({ type: 'tool_result', content: [{ type: 'image', source: { type: 'url', url: address } }] }),
    'messages[0].content[0].content[0].source.type',
  ],
  [
    'anthropic',
    'a picture by its address within a document',
    user({ type: 'document', source: { type: 'content', content: [{ type: 'image', source: { type: 'url' } }] } }),
    'messages[0].content[0].source.content[0].source.type',
  ],
  ['anthropic', 'a file for a container', user({ type: 'container_upload' }), 'messages[0].content[0].type'],
  [
    'anthropic',
    'a tool brought in midway',
    user({ type: 'tool_changes', tools: [{ type: 'web_search_20260209', name: 'web_search' }] }),
    'messages[0].content[0].tools[0]',
  ],
  [
    'anthropic',
    'a tool brought in midway by another name',
    user({ type: 'tool_changes', add: [{ type: 'web_fetch_20260209' }] }),
    'messages[0].content[0].add[0].type',
  ],
  ['openai', 'a web search', { tools: [{ type: 'function', name: 'f' }, { type: 'web_search' }] }, 'tools[1]'],
  ['openai', 'a web search by its old name', { tools: [{ type: 'web_search_preview' }] }, 'tools[0]'],
  ['openai', 'an MCP server', { tools: [{ type: 'mcp', server_url: address }] }, 'tools[0]'],
  ['openai', 'files of the account', { tools: [{ type: 'file_search', vector_store_ids: ['vs'] }] }, 'tools[0]'],
  ['openai', 'code at the provider', { tools: [{ type: 'code_interpreter', container: 'c' }] }, 'tools[0]'],
  [
    'openai',
    'a web search within a group of tools',
    { tools: [{ type: 'namespace', name: 'n', tools: [{ type: 'web_search' }] }] },
    'tools[0].tools[0]',
  ],
  ['openai', 'an earlier answer', { previous_response_id: 'resp_1' }, 'previous_response_id'],
  ['openai', 'a conversation', { conversation: 'conv_1' }, 'conversation'],
  ['openai', 'a stored prompt', { prompt: { id: 'pmpt_1' } }, 'prompt'],
  ['openai', 'an answer in the background', { background: true }, 'background'],
  ['openai', 'an answer that is kept', { store: true }, 'store'],
  [
    'openai',
    'a picture by its address',
    input({ type: 'input_image', image_url: address }),
    'input[0].content[0].image_url',
  ],
  ['openai', 'a picture by its id', input({ type: 'input_image', file_id: 'file-1' }), 'input[0].content[0].file_id'],
  ['openai', 'a file by its address', input({ type: 'input_file', file_url: address }), 'input[0].content[0].file_url'],
  ['openai', 'a stored item', { input: [{ type: 'item_reference', id: 'x' }] }, 'input[0].type'],
  [
    'openai',
    'a picture by its address as the output of a tool',
    { input: [{ type: 'function_call_output', output: [{ type: 'input_image', image_url: address }] }] },
    'input[0].output[0].image_url',
  ],
  [
    'openai',
    'a tool found midway',
    { input: [{ type: 'tool_search_output', tools: [{ type: 'mcp', server_url: address }] }] },
    'input[0].tools[0]',
  ],
  ['google', 'a search', { tools: [{ functionDeclarations: [] }, { googleSearch: {} }] }, 'tools[1]'],
  ['google', 'a search beside functions', { tools: [{ functionDeclarations: [], google_search: {} }] }, 'tools[0]'],
  ['google', 'pages', { tools: [{ urlContext: {} }] }, 'tools[0]'],
  ['google', 'code at the provider', { tools: [{ codeExecution: {} }] }, 'tools[0]'],
  ['google', 'cached content', { cachedContent: 'cachedContents/1' }, 'cachedContent'],
  ['google', 'cached content, spelled otherwise', { cached_content: 'cachedContents/1' }, 'cached_content'],
  [
    'google',
    'a file by its address',
    contents({ fileData: { fileUri: address } }),
    'contents[0].parts[0].fileData.fileUri',
  ],
  [
    'google',
    'a file by its address, spelled otherwise',
    contents({ file_data: { file_uri: address } }),
    'contents[0].parts[0].file_data.file_uri',
  ],
  [
    'google',
    'a file in the result of a tool',
    contents({ functionResponse: { name: 'f', response: {}, parts: [{ fileData: { fileUri: address } }] } }),
    'contents[0].parts[0].functionResponse.parts[0].fileData.fileUri',
  ],
  [
    'google',
    'cached content in what is to be counted',
    { generateContentRequest: { cachedContent: 'cachedContents/1' } },
    'generateContentRequest.cachedContent',
  ],
  ['chat', 'a web search', { web_search_options: {} }, 'web_search_options'],
  ['chat', 'an answer that is kept', { store: true }, 'store'],
  [
    'chat',
    'sound of an earlier answer',
    { messages: [{ role: 'assistant', audio: { id: 'audio_1' } }] },
    'messages[0].audio.id',
  ],
  [
    'chat',
    'a picture by its address',
    user({ type: 'image_url', image_url: { url: address } }),
    'messages[0].content[0].image_url',
  ],
  [
    'chat',
    'a file by its id',
    user({ type: 'file', file: { file_id: 'file-1' } }),
    'messages[0].content[0].file.file_id',
  ],
  ['ollama', 'a tool of another kind', { tools: [{ type: 'web_search' }] }, 'tools[0]'],
  ['ollama', 'tools in another case', { Tools: [{ type: 'web_search' }] }, 'Tools[0]'],
]

test.each(roads)('%s: %s is refused by the name of its field', (wire, _what, body, field) => {
  expect(faultOf(wire, body)).toMatch(new RegExp(`^the field ${field.replace(/[[\].]/g, '\\$&')} `))
})

const fine: [Wire, string, object][] = [
  [
    'anthropic',
    'tools of the CLI, pictures that are sent along, and whatever a tool was asked',
    {
      tools: [
        { name: 'Bash', input_schema: { properties: { file_id: {}, source: { type: 'url' } } } },
        { type: 'bash_20250124' },
      ],
      output_config: { format: { type: 'json_schema', schema: { properties: { mcp_servers: {}, image_url: {} } } } },
      messages: [
        {
          role: 'assistant',
          content: [{ type: 'tool_use', name: 't', input: { source: { type: 'url' }, image_url: address, tools: 1 } }],
        },
        {
          role: 'user',
          content: [
            { type: 'image', source: { type: 'base64', data: 'AAAA' } },
            { type: 'text', text: address },
          ],
        },
        { role: 'user', content: 'file_id' },
      ],
      mcp_servers: null,
    },
  ],
  [
    'openai',
    'what codex declares',
    {
      store: false,
      background: false,
      tools: [
        { type: 'function' },
        { type: 'custom' },
        { type: 'tool_search', execution: 'client' },
        { type: 'namespace', tools: [{ type: 'function' }] },
      ],
      text: { format: { type: 'json_schema', schema: { properties: { file_url: {} } } } },
      input: [
        { type: 'message', content: [{ type: 'input_image', image_url: 'data:image/png;base64,AAAA' }] },
        { type: 'function_call', arguments: '{"image_url":"https://x"}' },
      ],
    },
  ],
  [
    'google',
    'functions, what they were asked and what they answered',
    {
      tools: [{ functionDeclarations: [{ name: 'f', parameters: { properties: { fileUri: {} } } }] }],
      generationConfig: { responseSchema: { properties: { fileUri: {} } } },
      ...contents(
        { functionCall: { name: 'f', args: { fileUri: address } } },
        { functionResponse: { name: 'f', response: { fileUri: address } } },
        { inlineData: { mimeType: 'image/png', data: 'AAAA' } },
      ),
    },
  ],
  [
    'chat',
    'a picture that is sent along',
    user({ type: 'image_url', image_url: { url: 'data:image/png;base64,AAAA' } }),
  ],
  [
    'ollama',
    'a call with an object for its arguments',
    { messages: [{ tool_calls: [{ function: { arguments: { tools: 1 } } }] }] },
  ],
]

test.each(fine)('%s: %s pass', (wire, _what, body) => {
  expect(faultOf(wire, body)).toBeNull()
})

describe('bodies of any shape', () => {
  const anyBody = fc.dictionary(fc.constantFrom('messages', 'tools', 'input', 'source', 'type', 'x'), fc.anything())

  test('are read without an error', () => {
    fc.assert(
      fc.property(
        anyBody,
        fc.constantFrom(...(Object.keys(paths) as Wire[])),
        (body, wire) => void faultOf(wire, body),
      ),
    )
  })

  test('hide no address, however deep it lies', () => {
    const deep = fc.letrec(tie => ({
      node: fc.oneof(
        { depthSize: 'large' },
        fc.constant({ type: 'image', source: { type: 'url', url: address } }),
        fc.record({ content: fc.array(tie('node'), { minLength: 1, maxLength: 3 }), type: fc.constant('tool_result') }),
      ),
    })).node
    fc.assert(
      fc.property(deep, node => {
        expect(faultOf('anthropic', user(node as object))).toContain('source.type')
      }),
    )
  })

  test('nested a hundred thousand deep overflow nothing', () => {
    const deep = (key: string): string =>
      `{"model":"m","${key}":${'[{"tools":'.repeat(100_000)}1${'}]'.repeat(100_000)}}`
    for (const key of ['messages', 'tools']) expect(faultOf('anthropic', JSON.parse(deep(key)))).toContain('tools')
    const plain = JSON.parse(`${'['.repeat(200_000)}${']'.repeat(200_000)}`)
    expect(faultOf('anthropic', { messages: plain })).toBeNull()
  })
})

const served = async () => {
  const upstream = await startUpstream(response => response.writeHead(200).end('{}'))
  const { gateway } = await startMetered()
  open.push(gateway, upstream)
  const ask = (provider: 'anthropic' | 'openai' | 'google', path: string, body: object, models?: string[]) => {
    const grant = grantFor(provider, upstream.origin, models === undefined ? {} : { models })
    return post(gateway.origin + path, { authorization: `Bearer ${gateway.issueToken(grant)}` }, body)
  }
  return { upstream, ask }
}

test('the gateway refuses such a body with 403, names the field, and sends nothing', async () => {
  const { upstream, ask } = await served()
  for (const [wire, , body, field] of roads.filter(([wire]) => wire in { anthropic: 1, openai: 1, google: 1 })) {
    const answer = await ask(wire as 'anthropic', paths[wire], wire === 'google' ? body : { model: 'm', ...body })
    expect([field, answer.status]).toEqual([field, 403])
    expect(await answer.text()).toContain(`the field ${field} `)
  }
  expect(upstream.seen).toHaveLength(0)
})

test('an answer is never kept at OpenAI, also where the request says nothing about it', async () => {
  const { upstream, ask } = await served()
  await ask('openai', paths.openai, { model: 'm', store: null })
  await ask('openai', paths.openai, { model: 'm' })
  expect(upstream.seen.map(({ body }) => JSON.parse(body))).toEqual([
    { model: 'm', store: false },
    { model: 'm', store: false },
  ])
})

test.each([
  ['as a fallback', { model: 'claude-x', fallbacks: [{ model: 'other' }] }],
  ['as a fallback without an object', { model: 'claude-x', fallback_model: 'other' }],
  ['in another case', { model: 'claude-x', Model: 'other' }],
  ['as something else than text', { model: ['claude-x'] }],
  ['longer than any name', { model: `claude-${'x'.repeat(300)}` }],
])('a model that is not allowed is refused %s', async (_how, body) => {
  const { upstream, ask } = await served()
  expect((await ask('anthropic', paths.anthropic, body, ['claude-*'])).status).toBe(403)
  expect(upstream.seen).toHaveLength(0)
})

test('Google is asked for the model of the path, whatever the body says', async () => {
  const { upstream, ask } = await served()
  const count = '/google/v1beta/models/g-1:countTokens'
  const inner = (model: string) => ({ generateContentRequest: { model, contents: [] } })
  expect((await ask('google', count, inner('models/g-2'), ['g-1'])).status).toBe(403)
  expect((await ask('google', count, inner('models/g-1'), ['g-1'])).status).toBe(200)
  expect((await ask('google', paths.google, { model: 'models/g-2' }, ['g'])).status).toBe(403)
  expect(upstream.seen).toHaveLength(1)
})
