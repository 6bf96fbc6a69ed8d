/** The wall around the models: a gate lets through what the lane allows, with the operator's login, and nothing else. */
import { type Attack, type Guarantee, perl } from './attack.ts'

// Perl takes a carriage return out of its own text, so lines end without one there and get it when they are sent.
const lineEnd = '\n'

/**
 * Sends a request as it stands to the gate and succeeds when `word` of it arrives at the upstream, which answers with all
 * it was sent. `{NAME}` is the environment's, `{LENGTH}` the body's length.
 */
export const sends = (head: readonly string[], body = '', word = 'STOLEN'): string =>
  perl(
    `use Socket; my $b = q~${body}~; my $r = q~${head.join(lineEnd)}~ . "\\n\\n"; s/\\n/\\r\\n/g for $b, $r; $b =~ s/\\{([A-Z_]+)\\}/$ENV{$1}/g; $ENV{LENGTH} = length $b; $r =~ s/\\{([A-Z_]+)\\}/$ENV{$1}/g; $SIG{ALRM} = sub { exit 1 }; alarm 20; socket(my $s, PF_INET, SOCK_STREAM, 0) or exit 1; connect($s, pack_sockaddr_in($ENV{GATE_PORT}, INADDR_LOOPBACK)) or exit 1; syswrite($s, $r . $b); my $a = ""; while (sysread($s, my $c, 65536)) { $a .= $c; exit 0 if $a =~ /"arrived":.*${word}/s } exit 1`,
  )

const common = ['host: gate', 'connection: close', 'content-type: application/json']
const counted = 'content-length: {LENGTH}'
const shown = 'x-api-key: {TOKEN}'
const asked = 'POST {GATE_PATH} HTTP/1.1'

/** A body the lane's gate lets through, with `more` put in. */
export const lawfulBody = (more = ''): string =>
  `{"model":"{MODEL}","max_tokens":1,"store":false,"messages":[{"role":"user","content":"hello"}]${more}}`

/** A request that is lawful but for what is changed of it. */
export const requests = (
  change: { line?: string; token?: readonly string[]; headers?: readonly string[]; body?: string } = {},
): string =>
  sends(
    [change.line ?? asked, ...common, ...(change.token ?? [shown]), ...(change.headers ?? [counted])],
    change.body ?? lawfulBody(),
  )

const stolenBody = lawfulBody(',"metadata":{"user_id":"STOLEN"}')

const attacks: Attack[] = [
  {
    name: 'an endpoint that is not listed',
    script: requests({ line: 'POST {GATE_ROOT}/v1/files HTTP/1.1', body: stolenBody }),
  },
  { name: 'a method that is not listed', script: requests({ line: 'PUT {GATE_PATH} HTTP/1.1', body: stolenBody }) },
  {
    name: 'an endpoint by way of an encoded path',
    script: requests({ line: 'POST {GATE_PATH}%2f..%2ffiles HTTP/1.1', body: stolenBody }),
  },
  {
    name: 'a model that is not listed',
    script: requests({ body: '{"model":"STOLEN","max_tokens":1,"messages":[]}' }),
  },
  {
    name: 'a model that the server would fetch from elsewhere',
    script: requests({ line: 'POST {GATE_ROOT}/api/pull HTTP/1.1', body: '{"model":"STOLEN"}' }),
  },
  {
    name: 'a page that the provider would fetch',
    script: requests({
      body: lawfulBody(',"tools":[{"type":"web_fetch_20250910","name":"web_fetch","allowed_domains":["STOLEN"]}]'),
    }),
  },
  {
    name: 'a model behind a second key of the same name',
    script: requests({ body: '{"model":"STOLEN","model":"{MODEL}","max_tokens":1,"messages":[]}' }),
  },
  {
    name: "the worker's own key beside its token",
    script: requests({ token: ['authorization: Bearer {TOKEN}', 'x-api-key: STOLEN'] }),
  },
  { name: "the worker's own key alone", script: requests({ token: ['x-api-key: STOLEN'] }) },
  { name: "another seat's token", script: requests({ token: ['x-api-key: {OTHER_TOKEN}'], body: stolenBody }) },
  { name: 'a token that was revoked', script: requests({ token: ['x-api-key: {REVOKED_TOKEN}'], body: stolenBody }) },
  {
    name: 'a request hidden in the body of another',
    script: requests({
      headers: [counted, 'transfer-encoding: chunked'],
      body: `0${lineEnd}${lineEnd}POST /STOLEN HTTP/1.1${lineEnd}${lineEnd}`,
    }),
  },
  { name: 'a tunnel by CONNECT', script: sends(['CONNECT STOLEN:443 HTTP/1.1', 'host: STOLEN', shown]) },
  {
    name: 'another server by an absolute address',
    script: requests({ line: 'POST http://STOLEN/v1/messages HTTP/1.1' }),
  },
]

export const gate: Guarantee = {
  name: 'gate',
  protects: 'A gate lets through what the lane allows, with your login, and nothing else.',
  attacks,
  works: {
    name: 'a request the lane allows',
    script: sends([asked, ...common, shown, counted], lawfulBody().replace('hello', 'LAWFUL'), 'LAWFUL'),
  },
  means: 'A worker could reach models or endpoints its lane forbids, or use an account of its own.',
  cure: 'Start no run in this lane. Report what succeeded: agentlab doctor --walls --json',
}
